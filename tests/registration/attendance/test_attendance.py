import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections

from registration.attendance import joining
from registration.models import Attendance
from tests.factories import NOW, CountryFactory, ForumFactory, RegistrationFactory, SessionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(db):
    return SessionFactory(starts=NOW, ends=NOW + timedelta(minutes=90))


def enter(registration, session, *, now=NOW, source="join"):
    return joining.enter(registration=registration, session=session, now=now, source=source)


def test_enter_records_the_person_with_demographics(session):
    registration = RegistrationFactory(gender="man", stakeholder_type="government")

    seen = enter(registration, session)

    seen.refresh_from_db()
    assert (seen.first_seen, seen.last_seen, seen.entries, seen.source) == (NOW, NOW, 1, "join")
    assert (seen.country_id, seen.region, seen.stakeholder_type, seen.gender) == ("ML", "africa", "government", "man")


def test_enter_again_counts_on_the_same_row(session):
    registration = RegistrationFactory()
    enter(registration, session)

    enter(registration, session, now=NOW + timedelta(minutes=7))

    seen = Attendance.objects.get()
    assert (seen.first_seen, seen.last_seen, seen.entries) == (NOW, NOW + timedelta(minutes=7), 2)


def test_enter_again_by_a_slow_clock_keeps_the_stay(session):
    registration = RegistrationFactory()
    enter(registration, session, now=NOW + timedelta(minutes=5))

    enter(registration, session, now=NOW + timedelta(minutes=4))

    seen = Attendance.objects.get()
    assert (seen.first_seen, seen.last_seen) == (NOW + timedelta(minutes=4), NOW + timedelta(minutes=5))


def test_enter_keeps_the_demographics_of_the_first_entry(session):
    registration = RegistrationFactory(gender="man")
    enter(registration, session)
    registration.gender = "woman"
    registration.country = CountryFactory(code="CH", region="western-europe")
    registration.save()

    enter(registration, session)

    seen = Attendance.objects.get()
    assert (seen.country_id, seen.region, seen.gender, seen.entries) == ("ML", "africa", "man", 2)


def test_enter_copies_what_the_registration_says_now(session):
    stale = RegistrationFactory(gender="man")
    type(stale).objects.update(gender="woman")

    assert enter(stale, session).gender == "woman"


@pytest.mark.parametrize(
    ("minutes", "is_open"), [(-16, False), (-15, True), (0, True), (89, True), (90, False), (1000, False)]
)
def test_enter_by_the_join_page_is_half_open(session, minutes, is_open):
    registration = RegistrationFactory()
    now = session.starts + timedelta(minutes=minutes)

    if is_open:
        enter(registration, session, now=now)
    else:
        with pytest.raises(ValidationError) as refused:
            enter(registration, session, now=now)
        assert refused.value.code == "join-closed"

    assert Attendance.objects.count() == int(is_open)


def test_enter_by_import_is_not_bound_to_the_hours(session):
    enter(RegistrationFactory(), session, now=NOW + timedelta(days=3), source="import")

    assert Attendance.objects.get().source == "import"


def test_enter_refuses_a_withdrawn_person(session):
    registration = RegistrationFactory()
    type(registration).objects.update(withdrawn=NOW)  # in another tab

    with pytest.raises(ValidationError) as refused:
        enter(registration, session)

    assert refused.value.code == "withdrawn"


def test_enter_refuses_another_forum(session):
    with pytest.raises(ValidationError) as refused:
        enter(RegistrationFactory(forum=ForumFactory(slug="2021")), session)

    assert refused.value.code == "other-forum"


@pytest.mark.parametrize("state", ["cancelled", "draft"])
def test_enter_refuses_a_session_that_is_not_scheduled(session, state):
    session.state = state

    with pytest.raises(ValidationError) as refused:
        enter(RegistrationFactory(), session)

    assert refused.value.code == "not-scheduled"


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
def test_enter_by_twenty_threads_makes_one_row(session):
    registration = RegistrationFactory()
    barrier = threading.Barrier(20)
    faults = []

    def run():
        try:
            barrier.wait()
            enter(registration, session)
        except Exception as error:  # what a thread raises is seen by nobody else
            faults.append(error)
        finally:
            connections.close_all()

    if connection.vendor == "sqlite":  # in memory there is one connection for all threads: no race to run
        barrier = threading.Barrier(1)
        for _i in range(20):
            run()
    else:
        threads = [threading.Thread(target=run) for _i in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert faults == []
    assert Attendance.objects.get().entries == 20
