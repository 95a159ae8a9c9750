"""The page of a session that is on says each minute that it is seen: what becomes of it, and of what it says wrongly."""

import time
from datetime import timedelta
from functools import partial

import pytest
from django.urls import reverse

from registration.models import Attendance, Registration, Stay
from registration.sessions.attendance import joining, minutes, watching
from tests.factories import NOW, ForumFactory, RegistrationFactory, SessionFactory, UserFactory
from tests.races import change_locks, together

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LIVE = "https://live.example.org/1"


@pytest.fixture
def session(db):
    return SessionFactory(code="ABC123", starts=NOW, ends=NOW + 60 * MINUTE, broadcast_url=LIVE)


@pytest.fixture
def person(session):
    return RegistrationFactory(forum=session.forum)


def beats(person, *minutes):
    for minute in minutes:
        watching.beat(user=person.user, forum="2020", code="ABC123", now=NOW + minute * MINUTE)


def stays():
    rows = Stay.objects.order_by("began").values_list("began", "ended", "source")
    return [((began - NOW) / MINUTE, (ended - NOW) / MINUTE, source) for began, ended, source in rows]


def test_beats_are_one_stay_from_the_first_to_the_last(person):
    beats(person, 5, 6, 7, 8)

    seen = Attendance.objects.get()
    assert stays() == [(5, 8, "page")]
    assert (seen.registration, seen.source, seen.entries) == (person, "page", 1)
    assert (seen.first_seen, seen.last_seen) == (NOW + 5 * MINUTE, NOW + 8 * MINUTE)


def test_whoever_comes_back_later_begins_another_stay(person):
    beats(person, 5, 6, 9, 10, 13.5, 14)

    assert stays() == [(5, 10, "page"), (13.5, 14, "page")]
    assert Attendance.objects.get().entries == 2


@pytest.mark.parametrize("minute", [-0.01, 60])
def test_beats_before_and_after_the_session_write_nothing(person, minute):
    beats(person, minute)

    assert not Stay.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"broadcast_url": ""},
        {"state": "cancelled"},
        {"state": "draft"},
        {"embargoed_until": NOW + timedelta(days=1)},
        {"forum": "hidden"},
        {"forum": "2031"},
    ],
    ids=str,
)
def test_session_without_something_to_watch_for_the_public_counts_nothing(session, person, change):
    if change.get("forum") == "hidden":
        type(session.forum).objects.update(is_public=False)
    elif "forum" in change:
        type(session).objects.update(forum=ForumFactory(slug="2031"))
    else:
        type(session).objects.update(**change)

    beats(person, 5)

    assert not Stay.objects.exists()


@pytest.mark.parametrize("change", [{"state": "waiting"}, {"state": "refused"}, {"withdrawn": NOW}], ids=str)
def test_people_who_do_not_take_part_leave_nothing(person, change):
    Registration.objects.update(**change)

    beats(person, 5)

    assert not Stay.objects.exists()


def test_page_beside_the_meeting_ends_nothing_there(person):
    """Whoever has joined by the link and looks at the page meanwhile was there for ten minutes at least."""
    Stay.objects.create(registration=person, session_id=person.forum.sessions.get().pk, began=NOW, source="join")
    beats(person, *range(2, 13))

    ((_key, own),) = minutes.of_people(person.forum, now=NOW + timedelta(days=1))[person.pk].items()

    assert (own.minutes, own.is_open) == (10, True)


# --- the address -----------------------------------------------------------------------------------
def post(client, code="ABC123"):
    return client.post(reverse("registration:watch", args=["2020", code]))


def test_answer_is_empty_whoever_asks(client, session, person, noon):
    answers = [post(client)]
    client.force_login(UserFactory())
    answers.append(post(client))
    none = Stay.objects.count()
    client.force_login(person.user)
    answers += [post(client), post(client, code="ZZZZZZ")]

    assert {(answer.status_code, answer.content) for answer in answers} == {(204, b"")}
    assert {answer["Cache-Control"] for answer in answers} == {"private, no-store"}
    assert client.get(reverse("registration:watch", args=["2020", "ABC123"])).status_code == 405
    assert (none, stays()) == (0, [(0, 0, "page")])


# --- at once ---------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False], ids=["as it is", "without the lock, which goes wrong"])
def test_first_beats_of_two_tabs_at_once_are_one_stay(person, monkeypatch, is_locked):
    record = joining.record

    def slowly(stay):
        time.sleep(0.05)
        return record(stay)

    monkeypatch.setattr(joining, "record", slowly)
    if not is_locked:
        change_locks(monkeypatch)

    answers = together(*[partial(beats, person, 5)] * 4)

    assert (answers == [None] * 4 and Stay.objects.count() == 1) == is_locked
