"""For how long people were in sessions: by counting seconds, of each person and of all people of a session."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection

from events.models import Forum
from registration.models import Stay
from registration.sessions.attendance import minutes
from registration.sessions.attendance.minutes import Attended
from tests.factories import NOW, ForumFactory, RegistrationFactory, SessionFactory

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def at(*numbers, source="report"):
    return *(None if number is None else NOW + number * MINUTE for number in numbers), source


@pytest.mark.parametrize(
    ("stays", "known", "to_the_end"),
    [
        ([at(0, None)], (0, True), (60, True)),  # the join link, once
        ([at(-10, 10), at(5, 20)], (20, False), (20, False)),  # two devices at once, early
        ([at(50, 90)], (10, False), (10, False)),  # stayed longer than the session
        ([at(0, 10), at(30, None)], (10, True), (40, True)),  # came back, and was not seen leaving
        ([at(0, None), at(1, 40)], (39, False), (39, False)),  # the link, and then the meeting's own list
        (
            [at(0, None), at(10, 20, source="page")],
            (10, True),
            (60, True),
        ),  # the link, and a look at the page meanwhile
        ([at(0, 30, source="page"), at(20, 40, source="page")], (40, False), (40, False)),  # the page alone
        ([at(70, 80)], (0, False), (0, False)),  # was there when it was over
        ([at(number, number + 1) for number in range(40)], (40, False), (40, False)),  # forty times
    ],
)
@pytest.mark.django_db
def test_what_stays_say_together(stays, known, to_the_end):
    session = SessionFactory(starts=NOW, ends=NOW + 60 * MINUTE)
    forum, person = session.forum, RegistrationFactory(forum=session.forum)
    for began, ended, source in stays:
        Stay.objects.create(registration=person, session=session, began=began, ended=ended, source=source)

    for forum.open_stays_count, expected in ((False, known), (True, to_the_end)):
        found = minutes.of_people(forum, now=NOW + timedelta(days=1), user=person.user_id)
        own = found[person.pk][session.pk]
        assert (own.minutes, own.is_open) == expected
    assert minutes.of_people(forum, now=NOW, user=RegistrationFactory().user_id) == {}


@pytest.fixture
def forum(db):
    """Twenty people in five sessions, who come and go at random; one of the sessions is cancelled, some people are unknown."""
    chance, forum = random.Random(5), ForumFactory()  # noqa: S311, a game
    sessions = [
        SessionFactory(forum=forum, starts=NOW + n * 90 * MINUTE, ends=NOW + (n * 90 + 60) * MINUTE) for n in range(4)
    ]
    sessions.append(SessionFactory(forum=forum, starts=NOW, ends=NOW + 60 * MINUTE, state="cancelled"))
    *people, back = [RegistrationFactory(forum=forum) for _ in range(21)]
    for _ in range(200):
        session, length = chance.choice(sessions), chance.choice([None, chance.randrange(0, 3600)])
        began = session.starts + chance.randrange(-900, 4000) * SECOND
        was_on = (
            length is not None and began + length * SECOND <= NOW + 120 * MINUTE
        )  # pages tell nothing ahead of time
        Stay.objects.create(
            registration=chance.choice([*people, None]),
            session=session,
            began=began,
            ended=None if length is None else began + length * SECOND,
            source="page" if was_on and chance.random() < 0.5 else "hand",
        )
    for began, ended, _source in (at(0, 10), at(10, None)):  # came back at the moment at which the other entry ends
        Stay.objects.create(registration=back, session=sessions[0], began=began, ended=ended, source="hand")
    elsewhere = SessionFactory(forum=ForumFactory(slug="2031"))
    Stay.objects.create(
        registration=RegistrationFactory(forum=elsewhere.forum),
        session=elsewhere,
        began=elsewhere.starts,
        ended=elsewhere.ends,
        source="hand",
    )
    return forum


def counted(stays, *, session, open_until):
    """Second by second: whether somebody was there."""
    last_left = max((stay.ended for stay in stays if stay.ended and stay.source != "page"), default=None)
    known = [(stay.began, stay.ended) for stay in stays if stay.ended]
    open_ones = [stay.began for stay in stays if not stay.ended and (last_left is None or stay.began >= last_left)]
    known += [(began, open_until) for began in open_ones if open_until]
    seconds = [session.starts + number * SECOND for number in range(int((session.ends - session.starts) / SECOND))]
    return Attended(sum(any(began <= at < ended for began, ended in known) for at in seconds), bool(open_ones))


@pytest.mark.parametrize("to_the_end", [False, True])
@pytest.mark.parametrize("now", [NOW + timedelta(days=1), NOW + 120 * MINUTE])
def test_seconds_of_people_and_of_sessions_equal_a_count(forum, to_the_end, now):
    Forum.objects.filter(pk=forum.pk).update(open_stays_count=to_the_end)
    forum.refresh_from_db()
    stays = {}
    for stay in Stay.objects.filter(session__forum=forum, session__state="scheduled").select_related("session"):
        if stay.registration_id:
            stays.setdefault((stay.registration_id, stay.session), []).append(stay)
    expected, seconds, people = {}, Counter(), Counter()
    for (person, session), own in stays.items():
        one = counted(own, session=session, open_until=min(session.ends, now) if to_the_end else None)
        expected.setdefault(person, {})[session.pk] = one
        seconds[session.pk] += one.seconds
        people[session.pk] += not one.is_unknown

    sql, params = minutes.by_session(forum, now=now)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found = {key: (int(seconds), people) for key, seconds, people in cursor.fetchall()}

    assert minutes.of_people(forum, now=now) == expected
    assert found == {key: (seconds[key], people[key]) for key in seconds}
    assert len(found) == 4
