"""A session under embargo: the second at which it ends, who booked it before, mails, organisers. That no address tells of
it is swept in test_embargo_sweep.py."""

import re
from datetime import timedelta

import pytest
from django.core.handlers.wsgi import WSGIHandler

from config.finished_pages import FinishedPages
from events.models import Appearance, Document, Message, Outcome, Release, Session
from events.schedule import moves
from events.schedule.releases import releases
from events.shared.pages import page_expiry
from registration.models import Registration
from registration.sessions.agenda.change_mails import tell
from registration.sessions.agenda.reminders import queue_reminders
from tests.config.test_finished_pages import ask
from tests.factories import (
    NOW,
    ActionLineFactory,
    AppearanceFactory,
    BookingFactory,
    ForumFactory,
    OrganisationFactory,
    RegistrationFactory,
    SDGFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
    translate,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

ENDS = NOW + timedelta(hours=1)
CANARY = "canary"
MEETING = "https://meet.example/room"


@pytest.fixture
def session(db):
    """A session that runs at NOW and is hidden: each of its texts is a canary. A second one beside it is not."""
    forum = ForumFactory()
    hidden = SessionFactory(
        forum=forum,
        code="HIDDEN",
        title="Canary title",
        description="Canary description",
        starts=NOW - timedelta(minutes=20),
        ends=NOW + timedelta(hours=2),
        embargoed_until=ENDS,
        recording_url="https://video.example/canary-recording",
        meeting_url=MEETING,
    )
    translate(hidden, "fr", title="Canary titre", description="Canary texte")
    hidden.organisers.add(OrganisationFactory(name="Canary organisation", acronym="CANARY"))
    hidden.action_lines.add(ActionLineFactory())
    hidden.sdgs.add(SDGFactory())
    AppearanceFactory(session=hidden, speaker=SpeakerFactory(forum=forum, name="Canary Speaker", photo="canary.png"))
    Document.objects.create(session=hidden, title="Canary document", file="documents/canary.pdf")
    other = SessionFactory(forum=forum, code="SEEN00", title="Seen by all")
    AppearanceFactory(session=other, speaker=SpeakerFactory(forum=forum, name="Seen Speaker"))
    Release.objects.create(forum=forum, number=1, released=NOW, timetable=[], changes=[])
    return hidden


def test_until_the_second_and_by_the_clock_where_no_moment_is_given(session, time_machine):
    assert set(Session.objects.public(ENDS - timedelta(microseconds=1))) == {Session.objects.get(code="SEEN00")}
    assert session in Session.objects.public(ENDS)
    assert session not in Session.objects.public()
    assert not Appearance.objects.public().filter(session=session)

    time_machine.move_to(ENDS, tick=False)

    assert session in Session.objects.public()
    assert Appearance.objects.public().filter(session=session)


@pytest.fixture
def outcome(session):
    """A public outcome of the hidden session."""
    made = Outcome.objects.create(forum=session.forum, session=session, kind="launch", title="Canary network")
    made.organisations.add(OrganisationFactory(name="Canary outcome organisation"))
    return made


def test_outcome_of_it_waits_for_the_end_of_the_embargo_in_a_public_forum(session, outcome):
    free = Outcome.objects.create(forum=session.forum, kind="launch", title="Of no session")

    assert list(Outcome.objects.public(ENDS - timedelta(microseconds=1))) == [free]
    assert set(Outcome.objects.public(ENDS)) == {free, outcome}
    session.forum.is_public = False
    session.forum.save()
    assert not Outcome.objects.public(ENDS).exists()


def test_its_end_is_a_moment_also_for_the_outcome_alone(session, outcome):
    assert page_expiry.next_moment(NOW) == ENDS
    Session.objects.filter(pk=session.pk).update(state="draft")
    assert page_expiry.next_moment(NOW) == ENDS

    Outcome.objects.update(is_public=False)

    assert page_expiry.next_moment(NOW) > ENDS


@pytest.mark.django_db(transaction=True)
def test_finished_page_turns_at_the_second(session, time_machine):
    site = FinishedPages(WSGIHandler())

    def page():
        site.looked = float("-inf")  # a second has gone by
        return ask(site, "/2020/programme/").body.decode()

    assert "Seen by all" in page()
    time_machine.move_to(ENDS - timedelta(seconds=2), tick=False)
    assert "Canary title" not in page()
    time_machine.move_to(ENDS, tick=False)
    assert "Canary title" in page()


# --- those who know of it already -----------------------------------------------------------------
def test_booked_attendee_joins_and_others_do_not(session, client):
    booked = BookingFactory(session=session, registration=RegistrationFactory(forum=session.forum)).registration
    client.force_login(booked.user)
    headers = {"Sec-Fetch-Mode": "navigate"}

    response = client.get("/2020/join/HIDDEN/", headers=headers)

    assert (response.status_code, response.headers.get("Location")) == (302, MEETING)
    assert client.get("/2020/me/HIDDEN/").status_code == 200
    Registration.objects.update(withdrawn=NOW)
    assert client.get("/2020/join/HIDDEN/", headers=headers).status_code == 404
    client.force_login(UserFactory())
    assert client.get("/2020/join/HIDDEN/", headers=headers).status_code == 404


def test_agenda_of_who_booked_it_names_it_without_a_link_into_nothing(session, client):
    booked = BookingFactory(session=session, registration=RegistrationFactory(forum=session.forum)).registration
    client.force_login(booked.user)

    def links_in(address):
        return client.get(address).content.decode().count('href="/2020/programme/HIDDEN/"')

    text = client.get("/2020/agenda/").content.decode()
    assert "Canary title" in text
    assert "Its page is not public before: 22 July, 13:20 Bamako" in " ".join(re.sub("<[^>]*>", "", text).split())
    assert links_in("/2020/agenda/") == 0
    Session.objects.filter(pk=session.pk).update(starts=NOW - timedelta(hours=3), ends=NOW - timedelta(hours=2))
    assert links_in("/2020/agenda/") == 0  # among those that were missed
    assert "Canary title" in client.get("/2020/join/HIDDEN/").content.decode()
    assert links_in("/2020/join/HIDDEN/") == 0
    Session.objects.filter(pk=session.pk).update(embargoed_until=NOW)
    assert links_in("/2020/agenda/") == 1
    assert links_in("/2020/join/HIDDEN/") > 0


def test_mails_about_it_lead_to_the_door_and_not_to_its_page(session):
    """A reminder, and the notice of a release that moved it."""
    soon = {"starts": NOW + timedelta(minutes=50), "ends": NOW + timedelta(hours=2)}
    BookingFactory(session=session, registration=RegistrationFactory(forum=session.forum))
    Session.objects.filter(pk=session.pk).update(**soon)
    assert queue_reminders(NOW) == 1
    Release.objects.all().delete()
    releases.record_first(session.forum, note="", now=NOW)
    session.refresh_from_db()
    later = {"starts": NOW + timedelta(hours=1), "ends": NOW + timedelta(hours=2)}
    moves.move(session, **later, room=None, version=None, by=None, now=NOW)
    releases.release(session.forum, note="", by=None, now=NOW)
    tell(NOW)

    mails = list(Message.objects.order_by("pk"))

    assert [mail.kind for mail in mails] == ["reminder", "changed"]
    for mail in mails:
        calendar = mail.calendar.replace("\r\n ", "")
        assert "/2020/programme/HIDDEN/" not in mail.text + mail.html + calendar
        assert "/2020/join/HIDDEN/" in calendar
    assert "/2020/join/HIDDEN/" in mails[0].text
    assert "/2020/join/HIDDEN/" in mails[0].html


def test_organisers_page_has_no_link_to_what_nobody_sees(organiser_site, session):
    page = organiser_site.get(f"/admin/events/session/{session.pk}/change/").content.decode()

    assert "/2020/programme/HIDDEN/" not in page
