"""Programmes of more people than SQLite takes conditions in one query."""

import pytest

from tests.services.test_backup import manage

pytestmark = pytest.mark.services
PEOPLE = 1_100  # SQLite's conditions are a thousand deep at the most


def programme(room):
    rows = (f"Talk {n},2026-06-23 {9 + n % 8:02}:00,60,Speaker {n},{room} {n},Org {n}" for n in range(PEOPLE))
    return "\n".join(["title,starts,duration,speakers,room,organisers", *rows])


BRING_IN = """
from pathlib import Path
from django.utils import timezone
from events.exchange import apply
from events.shared.tables.answers import Answers
plan = apply.bring_in(
    Path({file!r}).read_bytes(), slug="large", answers=Answers(), by=None, now=timezone.now(), is_released=True
)
print(len(plan.new), "new", len(plan.changed), "changed")
"""


def test_more_than_a_thousand_speakers_come_in_again_on_sqlite(tmp_path):
    file, site = tmp_path / "programme.csv", tmp_path / "data"
    assert manage(site, "migrate", "-v0") == (0, "")
    told = []

    for room in ("Hall", "Room"):
        file.write_text(programme(room))
        told.append(manage(site, "shell", "-c", BRING_IN.format(file=str(file))))

    assert [code for code, _words in told] == [0, 0], told[-1][1][-500:]
    assert f"{PEOPLE} new 0 changed" in told[0][1]
    assert f"0 new {PEOPLE} changed" in told[1][1]
