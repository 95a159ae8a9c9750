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


@pytest.mark.parametrize("part", PARTS)
def test_faults_hurt_nobody_for_long_and_lose_nothing(part, short_folder, django_db_blocker, subtests):
    faults = [f for f in PARTS[part] if (f.name in CHOSEN if CHOSEN else fault_table.IS_FULL or not f.full)]
    if not faults:
        return
    with Stage(short_folder, django_db_blocker, own_broker=part != "processes") as stage:
        stage.start_load()
        try:
            found = [stage.play(fault) for fault in faults]
        finally:
            lost = stage.finish()
            print(stage.table(), stage.log(), sep="\n")  # noqa: T201
        if path := os.environ.get("FAULTS_REPORT"):
            stage.write_down(path)

    with subtests.test("nothing is lost or doubled"):
        assert lost == [], stage.table()
    for fault, measured in zip(faults, found, strict=True):
        with subtests.test(fault.name):
            assert list(misses(fault, measured)) == [], measured.row()
