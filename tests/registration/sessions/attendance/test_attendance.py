from datetime import timedelta
from functools import partial

import pytest

from registration.models import Attendance
from registration.sessions.attendance import joining
from tests.factories import NOW, CountryFactory, RegistrationFactory, SessionFactory
from tests.races import together
from tests.refusals import refused

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def session(db):
    return SessionFactory(starts=NOW, ends=NOW + 90 * MINUTE)


def enter(registration, session, *, now=NOW, source="join"):
    return joining.enter(registration=registration, session=session, now=now, source=source)


def test_enter_records_the_person_with_the_demographics_of_the_first_entry(session):
    stale = RegistrationFactory(gender="woman", stakeholder_type="government")
    type(stale).objects.update(gender="man")  # in another tab
    enter(stale, session, now=NOW + 5 * MINUTE)
    country = CountryFactory(code="CH", region="western-europe")
    type(stale).objects.update(gender="other", country=country, stakeholder_type="academia")

    enter(stale, session, now=NOW + 7 * MINUTE)
    enter(stale, session, now=NOW + 4 * MINUTE)  # by a slow clock

    seen = Attendance.objects.get()
    assert (seen.first_seen, seen.last_seen, seen.entries, seen.source) == (
        NOW + 4 * MINUTE,
        NOW + 7 * MINUTE,
        3,
        "join",
    )
    assert (seen.country_id, seen.region, seen.stakeholder_type, seen.gender) == ("ML", "africa", "government", "man")


@pytest.mark.parametrize(
    ("minutes", "is_open"), [(-16, False), (-15, True), (0, True), (89, True), (90, False), (1000, False)]
)
def test_enter_by_the_join_page_is_half_open(session, minutes, is_open):
    now = session.starts + minutes * MINUTE

    if is_open:
        enter(RegistrationFactory(), session, now=now)
    else:
        assert refused(enter, RegistrationFactory(), session, now=now) == "join-closed"

    assert Attendance.objects.count() == int(is_open)


@pytest.mark.parametrize("state", ["cancelled", "draft"])
def test_enter_refuses_a_session_that_is_not_scheduled(session, state):
    session.state = state

    assert refused(enter, RegistrationFactory(), session) == "not-scheduled"


def test_enter_refuses_who_has_withdrawn_or_is_of_another_forum(session):
    gone, stranger = RegistrationFactory(), RegistrationFactory(forum__slug="2021")
    type(gone).objects.filter(pk=gone.pk).update(withdrawn=NOW)  # in another tab

    assert [refused(enter, person, session) for person in (gone, stranger)] == ["withdrawn", "other-forum"]


@pytest.mark.parametrize(
    ("stored", "address"),
    [
        ("https://meet.example.org/a?b=c#d", "https://meet.example.org/a?b=c#d"),
        (" http://meet.example.org ", "http://meet.example.org"),
        ("javascript:alert(1)", ""),
        ("//evil.example.org", ""),
        ("https:evil", ""),
        ("ftp://meet.example.org/", ""),
        ("/admin/", ""),
        ("", ""),
    ],
)
def test_meeting_address(stored, address):
    assert joining.meeting_address(SessionFactory.build(meeting_url=stored, type=None, forum=None)) == address


@pytest.mark.django_db(transaction=True)
def test_enter_by_ten_threads_makes_one_row(session):
    registration = RegistrationFactory()

    answers = together(*[partial(enter, registration, session)] * 10)

    assert {type(answer) for answer in answers} == {Attendance}
    assert Attendance.objects.get().entries == 1


def test_link_that_is_followed_again_within_a_minute_is_one_entry(session):
    person = RegistrationFactory()

    entries = [enter(person, session, now=NOW + n * timedelta(seconds=20)).entries for n in range(4)]

    assert entries == [1, 1, 1, 2]
