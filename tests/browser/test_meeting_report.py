"""The report of a meeting in a real browser: looked at, decided on, written down, together with what joins and scans had told. Its
minutes then stand in the person's agenda, on the certificate, and in the organisers' figures; those who were there in the Outcome Document."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from prizes.outcome_document import content
from registration.attendance import joining, tally
from registration.certificates import issuing
from registration.door import scanning
from registration.door.scanning import Seen
from registration.models import Stay
from tests.factories import (
    CertificateRuleFactory,
    DoorFactory,
    DoorPassFactory,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
    join,
)
from tests.prizes.outcome_document.reading import parts_of

pytestmark = pytest.mark.browser


@pytest.fixture
def session(live_site):
    """A session of an hour that is over; somebody followed the join link as it began."""
    starts = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    days = {"starts": starts.date() - timedelta(days=3), "ends": starts.date() + timedelta(days=9)}
    return SessionFactory(forum=ForumFactory(**days), title="Fibre", starts=starts, ends=starts + timedelta(hours=1))


def report(session, *rows):
    """As Zoom writes it, in UTC: each row is a name, an address, and the minutes of joining and leaving."""
    head = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n"

    def moment(minute):
        return f"{session.starts + timedelta(minutes=minute):%m/%d/%Y %I:%M:%S %p}"

    lines = [f"{name},{email},{moment(a)},{moment(b)},{b - a},No" for name, email, a, b in rows]
    return {"name": "participants.csv", "mimeType": "text/csv", "buffer": (head + "\n".join(lines)).encode()}


def scan(person, session, direction, *, minute):
    moment = session.starts + timedelta(minutes=minute)
    door = session.doors.first() or DoorFactory(forum=session.forum, session=session)
    scanning.scan(
        Seen(uuid.uuid4(), person.pk, direction, moment), door_pass=DoorPassFactory(door=door), now=timezone.now()
    )


def test_report_is_looked_at_and_written_down(live_site, page, sign_in, every_screen, session):
    organiser = UserFactory()
    join(organiser, "organisers")
    awa = RegistrationFactory(forum=session.forum, name="Awa Diallo", user__email="awa@example.org")
    bo = RegistrationFactory(forum=session.forum, name="Bo Lind")
    joining.enter(registration=awa, session=session, now=session.starts, source="join")
    scan(awa, session, "in", minute=50)
    scan(awa, session, "out", minute=60)
    rule = CertificateRuleFactory(forum=session.forum, measure="minutes", threshold=40)
    rows = [
        ("Awa", "awa@example.org", 0, 20),
        ("Awa", "awa@example.org", 30, 55),
        ("Bo Lind", "", 0, 60),
        ("X", "", 1, 2),
    ]
    sign_in(page, organiser)

    page.goto(f"{live_site}/admin/registration/stay/")
    page.get_by_role("link", name="Report of a meeting").click()
    page.get_by_label("Time zone of the report").select_option("UTC")
    page.get_by_label("File").set_input_files(report(session, *rows))
    page.get_by_role("button", name="Look at the report").click()
    expect(page.get_by_text("3 people were there.")).to_be_visible()
    expect(page.get_by_label("Bo Lind")).to_have_value(str(bo.pk))
    every_screen(page)
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("4 stays are written down.")).to_be_visible()

    assert set(Stay.objects.filter(source="report").values_list("registration", flat=True)) == {awa.pk, bo.pk, None}
    sign_in(page, awa.user)
    page.goto(f"{live_site}/2020/agenda/")
    page.get_by_text("Show the sessions").click()
    expect(page.get_by_text("0 h 50 min").last).to_be_visible()
    issuing.issue(rule, now=timezone.now())
    page.goto(f"{live_site}/verify/{rule.certificates.get(user=awa.user).code}/")
    expect(page.get_by_text("50 minutes")).to_be_visible()
    sign_in(page, organiser)
    page.goto(f"{live_site}/admin/registration/tally/figures/?count=minutes&rows=session")
    expect(page.get_by_role("row", name="Fibre")).to_contain_text(
        "110"
    )  # with the hour of Bo; who is unknown counts in none
    tally.recount(session.forum, now=timezone.now())
    parts = parts_of(content.document(session.forum, version=1, now=timezone.now()))
    figures = next(part for part in parts if part["kind"] == "tiles")["tiles"]
    assert " ".join(figures[0]) == "1 session"  # two attendances are too few to be told
