"""For how long people were in sessions: the same by arithmetic, by counting seconds and by SQL."""

import random
from datetime import timedelta

import pytest
from django.db import connection

from events.models import Forum
from registration.models import Stay
from registration.sessions.attendance import minutes
from registration.sessions.attendance.minutes import measure
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
def test_what_stays_say_together(stays, known, to_the_end):
    session = {"starts": NOW, "ends": NOW + 60 * MINUTE}

    found = [measure(stays, open_until=until, **session) for until in (None, session["ends"])]

    assert [(one.minutes, one.is_open) for one in found] == [known, to_the_end]


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


@pytest.mark.parametrize("to_the_end", [False, True])
@pytest.mark.parametrize("now", [NOW + timedelta(days=1), NOW + 120 * MINUTE])
def test_sql_says_the_same_of_sessions_as_python_of_people(forum, to_the_end, now):
    Forum.objects.filter(pk=forum.pk).update(open_stays_count=to_the_end)
    forum.refresh_from_db()
    expected = {}
    for sessions in minutes.of_people(forum, now=now).values():
        for key, one in sessions.items():
            seconds, people = expected.get(key, (0, 0))
            expected[key] = (seconds + one.seconds, people + (not one.is_unknown))

    sql, params = minutes.by_session(forum, now=now)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found = {key: (int(seconds), people) for key, seconds, people in cursor.fetchall()}

    assert len(found) == 4
    assert found == expected
