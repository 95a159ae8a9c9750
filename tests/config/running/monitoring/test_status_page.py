"""The page on which organisers see how the site is running, and the drill that speaks of it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from config.beat_schedule import SWEEPS
from config.models import LastRun
from config.running.monitoring import last_runs, parts, status_page
from config.running.monitoring.parts import PartState, State


@pytest.fixture
def running(db):
    """All has run a moment ago."""
    for name in (*(task for _words, task, _every, _expires in SWEEPS), "beat"):
        last_runs.note(name, now=timezone.now())


def words(answer):
    text = answer.content.decode().split("<main", 1)[1]
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_page_says_that_everything_works(running, staff, client):
    last_runs.note("backup", now=timezone.now() - timedelta(hours=5))
    client.force_login(staff("programme"))

    text = words(client.get("/admin/status/"))

    assert "Everything works." in text
    assert text.count("Works") == 13
    assert re.search(r"Backup Database and uploaded files, sealed\. Works 5\W+hours ago", text)
    assert re.search(r"Make PDF files \d{4}-\d\d-\d\d \d\d:\d\d:\d\d –", text)


def test_page_names_what_does_not_work_first_with_since_when_and_what_to_do(running, staff, client):
    account = LastRun.objects.filter(name="events.tasks.deliver_account_mail")
    account.update(done=timezone.now() - timedelta(minutes=7), failed=timezone.now())
    client.force_login(staff("programme"))

    text = words(client.get("/admin/status/"))

    assert "Look at: Worker for account mail." in text
    assert re.search(r"✕ Worker for account mail .* start the worker again.* Not running for 7\W+minutes ✓ Web", text)
    assert re.search(r"Backup None was made by this site’s own command\..* Not known", text)
    assert re.search(r"Deliver account mail \d{4}-\S+ \S+ \d{4}-", text)


def test_page_and_drill_are_for_colleagues_only(client, db, staff):
    pages = ("/admin/status/", "/admin/guide/drill/")
    assert [client.get(page).status_code for page in pages] == [302, 302]

    client.force_login(staff("registration desk"))
    assert [client.get(page).status_code for page in pages] == [200, 200]


POSSIBLE = {
    "web": {PartState.READ_ONLY, PartState.DISK_FULL},
    "database": {PartState.READ_ONLY, PartState.DISK_FULL, PartState.NO_ANSWER},
    "broker": {PartState.NO_ANSWER},
    "beat": {PartState.SILENT},
    "worker": {PartState.SILENT},
    "backup": {PartState.LATE, PartState.UNKNOWN},
    "clock": {PartState.OFF},
}


def test_every_part_has_a_name_and_every_state_a_sentence_and_what_to_do(running):
    now = timezone.now()
    named = [state.part for state in parts.all_states(now)]
    assert set(named) == set(status_page.NAMES)

    for part in named:
        for found in {PartState.OK} | POSSIBLE.get(part.split()[0], {PartState.LATE}):
            (row,) = status_page.rows([State(part, found, since=now)], now=now)
            assert (bool(row.sentence), row.is_well) == (True, found in {PartState.OK, PartState.UNKNOWN})
            assert row.kind == {"ok": "sent", "late": "draft", "off": "draft", "unknown": "draft"}.get(found, "failed")
            assert "“" not in row.name
