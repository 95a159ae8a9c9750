"""The table of docs/reliability.md, played on whole sites under load: each part on a site of its own, fault after fault.

`FAULTS="disk full,beat killed"` plays only these; FULL=1 plays the long ones too.
"""

import os

import pytest

from tests.services.whole_site import fault_table
from tests.services.whole_site.stage import Stage, misses

pytestmark = pytest.mark.services
PARTS = {
    "processes": fault_table.PROCESSES,
    "database": fault_table.DATABASE,
    "mail and broker": fault_table.MAIL_AND_BROKER,
    "machines": fault_table.MACHINES,
}
CHOSEN = {name for name in os.environ.get("FAULTS", "").split(",") if name}
if unknown := CHOSEN - {fault.name for faults in PARTS.values() for fault in faults}:
    raise pytest.UsageError(f"There is no fault {', '.join(unknown)}: see tests/services/whole_site/fault_table.py.")
PLAYED = {
    part: chosen
    for part, faults in PARTS.items()
    if (chosen := [f for f in faults if (f.name in CHOSEN if CHOSEN else fault_table.IS_FULL or not f.full)])
}


@pytest.mark.parametrize("part", PLAYED)
def test_faults_hurt_nobody_for_long_and_lose_nothing(part, short_folder, django_db_blocker, subtests):
    faults = PLAYED[part]
    with Stage(short_folder, django_db_blocker) as stage:
        if not stage.database.has_disk:  # a plain user may not mount a small disk, and a large one is nobody's to fill
            faults = [fault for fault in faults if not fault.fills_disk]
        stage.start_load()
        found = [stage.play(fault) for fault in faults]
        lost = stage.finish()
        print(stage.table(), stage.log(), sep="\n")  # noqa: T201

    with subtests.test("nothing is lost or doubled"):
        assert lost == [], stage.table()
    for fault, measured in zip(faults, found, strict=True):
        with subtests.test(fault.name):
            assert list(misses(fault, measured)) == [], measured.row()
