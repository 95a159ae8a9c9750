"""The page on which organisers see how the site is running, and the drill that speaks of it."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from config.models import Heartbeat
from config.monitoring import heartbeats, parts, readiness, status_page
from config.monitoring.heartbeats import Kind
from config.monitoring.parts import GONE, Found, State
from config.monitoring.readiness import Readiness, Report
from events.models import Message

DRILL = (settings.BASE_DIR / "docs" / "drill.md").read_text()


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch):
    monkeypatch.setattr(readiness, "_readiness", Readiness())


@pytest.fixture
def running(transactional_db):
    heartbeats.write(Kind.WORKER, node="both@one", queues=parts.queues())
    heartbeats.write(Kind.BEAT, node="one")


def words(answer):
    text = answer.content.decode().split("<main", 1)[1]
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_page_says_that_everything_works(running, staff, client):
    client.force_login(staff("programme"))

    text = words(client.get("/admin/status/"))

    assert "Everything works." in text
    assert text.count("Works") == 11
    assert "both@one Running" in text


def test_page_names_what_does_not_work_first_with_since_when_and_what_to_do(running, staff, client):
    Heartbeat.objects.filter(queue="bulk").update(seen=Now() - timedelta(minutes=7))
    client.force_login(staff("programme"))

    text = words(client.get("/admin/status/"))

    assert "Look at: Worker for everything else." in text
    assert re.search(
        r"✕ Worker for everything else .* start the worker again\. Not running for 7\W+minutes ✓ Web", text
    )
    assert "both@one Not running for 7" in text


def test_summary_names_what_is_gone_and_not_what_only_that_part_knows():
    report = Report((State("database", Found.NO_ANSWER), State("beat", Found.UNKNOWN), State("broker")))

    rows = status_page.rows(report, now=timezone.now())

    assert status_page.summary(rows) == "Look at: Database."
    assert [row.lasts for row in rows] == ["", "", ""]


def test_page_and_drill_are_for_colleagues_only(client, db, staff):
    pages = ("/admin/status/", "/admin/guide/drill/")
    assert [client.get(page).status_code for page in pages] == [302, 302]

    client.force_login(staff("registration desk"))
    assert [client.get(page).status_code for page in pages] == [200, 200]


def states():
    """All that can be found of every part."""
    names = ["web", "database", "broker", *parts.known_by_database()]
    possible = {
        "web": {Found.READ_ONLY, Found.DISK_FULL},
        "database": {Found.READ_ONLY, Found.DISK_FULL, Found.NO_ANSWER},
        "broker": {Found.NO_ANSWER},
        "beat": {Found.SILENT, Found.STUCK},
        "worker": {Found.SILENT, Found.STUCK},
        "clock": {Found.OFF},
    }
    return [(name, found) for name in names for found in {Found.OK} | possible.get(name.split()[0], {Found.LATE})]


@pytest.mark.parametrize(("part", "found"), states())
def test_every_state_has_a_name_a_sentence_and_what_to_do(part, found):
    (row,) = status_page.rows(Report((State(part, found, since=timezone.now()),)), now=timezone.now())

    assert (bool(row.sentence), row.is_well, bool(row.lasts)) == (True, found == Found.OK, found != Found.OK)
    assert row.kind == ("sent" if found == Found.OK else "failed" if found in GONE else "draft")
    assert "“" not in row.name


def test_every_mail_queue_of_the_outbox_has_its_patience_and_its_name():
    mails = {f"mail {queue}" for queue in Message.Queue.values}

    assert mails <= set(parts.PATIENCE)
    assert mails <= set(status_page.NAMES)


def test_unknown_parts_and_queues_of_others_are_told_too():
    report = Report((State("worker provider-x", Found.SILENT), State("tally", Found.UNKNOWN)))

    unknown, other = status_page.rows(report, now=timezone.now())

    assert (unknown.word, unknown.sentence) == ("Not known", "Only the database knows, and it gives no answer.")
    assert other.name == "Worker “provider-x”"


def test_drill_speaks_of_the_site_as_it_is():
    named = re.findall(r"\*\*([^*]+)\*\*", DRILL)
    said = {str(word) for word in [*status_page.NAMES.values(), *status_page.WORDS.values()]}
    of_status = [part for name in named for part in name.split(": ") if part in said]

    assert {"Account mail", "Late", "Broker", "No answer", "Disk full", "Works", "Chain and count of the vote"} <= set(
        of_status
    )


def test_guide_leads_to_the_drill_and_the_drill_back(organiser_site):
    guide, drill = (organiser_site.get(page).content.decode() for page in ("/admin/guide/", "/admin/guide/drill/"))

    assert '<a href="/admin/guide/drill/">When something fails</a>' in guide
    assert '<a href="/admin/guide/">The organisers’ guide</a>' in drill.replace("'", "’")
    assert re.findall(r'href="[^"]+\.md"', guide + drill) == []
    assert [organiser_site.get(f"/admin/guide/{name}/").status_code for name in ("exchange", "security")] == [200, 404]
