"""What the tests of the schedule share: times, moves in the draft, people on the clock, codes of refusals."""

from datetime import UTC, datetime, timedelta

from events.models import Audience
from events.schedule import moves
from tests.factories import NOW, SessionFactory

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TWO = datetime(2020, 7, 23, 12, tzinfo=UTC)  # 14:00 in Geneva, where SessionFactory puts its sessions
NINE = datetime(2020, 7, 28, 7, tzinfo=UTC)  # in Geneva, a Tuesday
BY = {"version": None, "by": None, "now": NOW}
NO_TIME = {"state": "draft", "starts": None, "ends": None}  # a session that waits at the side


def session_at(starts, *, hours=1, **values):
    return SessionFactory(starts=starts, ends=starts + hours * HOUR, **values)


def move(session, starts, *, hours=1, room=None, **by):
    return moves.move(session, starts=starts, ends=starts + hours * HOUR, room=room, **BY | by)


def audience(forum, *rows, session=None):
    """People of a forum, or of those who booked a session: each row a region, a time zone and a number."""
    for region, zone, people in rows:
        Audience.objects.create(forum=forum, session=session, region=region, time_zone=zone, people=people)
