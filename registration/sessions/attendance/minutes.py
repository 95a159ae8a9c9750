"""How long people were in sessions: what their stays cover together, cut to the session's time. The same rule twice: for a few
people here in Python, for all sessions of a forum in SQL.

An entry without an end is presence for an unknown time, or counts to the end of the session where the forum says so
(`Forum.open_stays_count`). Where something with an end was seen later, the entry was the beginning of that; not so with time on
the session's page, for who looks away from that leaves no meeting.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from events.models import Forum, Session
from registration.models import Source, Stay


class Attended(NamedTuple):
    """How long one person was in one session. `is_open`: of their last entry no end is known; `seconds` then go to the end of
    the session where the forum counts that, else they say only what is known (0: nothing)."""

    seconds: int
    is_open: bool

    @property
    def minutes(self) -> int:
        return self.seconds // 60

    @property
    def is_unknown(self) -> bool:
        return self.is_open and not self.seconds


UNKNOWN = Attended(0, is_open=True)


def measure(
    stays: Iterable[tuple[datetime, datetime | None, str]],
    *,
    starts: datetime,
    ends: datetime,
    open_until: datetime | None,
) -> Attended:
    """How long one person was in a session by their stays (from, until, source). `open_until`: until when an entry without an end
    counts; None: not at all."""
    found = sorted(stays, key=lambda stay: stay[0])
    last_left = max((ended for _began, ended, source in found if ended and source != Source.PAGE), default=None)
    whole, covered, is_open = timedelta(), starts, False
    for began, ended, _source in found:
        if ended is None and (last_left is None or began >= last_left):
            is_open = True
            until = open_until
        else:
            until = ended
        if until and min(until, ends) > max(began, covered):
            whole += min(until, ends) - max(began, covered)
            covered = min(until, ends)
    return Attended(int(whole.total_seconds()), is_open)


def _in_order(forum: Forum) -> QuerySet[Stay, tuple[Any, ...]]:
    rows = Stay.objects.filter(session__forum=forum, session__state=Session.State.SCHEDULED, registration__isnull=False)
    columns = ("registration", "session", "session__starts", "session__ends", "began", "ended", "source")
    return rows.order_by("registration", "session").values_list(*columns)


def of_people(forum: Forum, *, now: datetime, user: int | None = None) -> dict[int, dict[int, Attended]]:
    """How long the people of a forum were in its sessions: key of a registration → key of a session → Attended. One query.

    `user`: only those of one account (its key). Somebody who was there only before or after a session's time has 0 seconds of it.
    Sessions that do not take place are left out.
    """
    stays = _in_order(forum)
    rows = stays.iterator() if user is None else stays.filter(registration__user=user)
    found: dict[int, dict[int, Attended]] = {}
    for (person, session, starts, ends), same in groupby(rows, key=lambda row: row[:4]):
        open_until = min(ends, now) if forum.open_stays_count else None
        own = [row[4:] for row in same]
        found.setdefault(person, {})[session] = measure(own, starts=starts, ends=ends, open_until=open_until)
    return found


# The stays of one person in a session from the last end backwards: each adds what lies before `covered`, from when on those that
# ended later go. What has no end stands at its beginning, so it is still open where nothing that ended stands before it, but for
# time on the page (`left_from`). From `open_from` on what is open counts, and so nothing else.
_SQL = """
    SELECT session_id, registration_id, known + not_ended AS seconds
    FROM (
        SELECT session_id, registration_id, SUM(known) AS known, MIN(entered) AS entered, {not_ended} AS not_ended
        FROM (
            SELECT session_id, registration_id,
                CASE WHEN ended IS NOT NULL AND {end} > {start} THEN {known} ELSE 0 END AS known,
                {entered} AS entered,
                {least}(ends, %s) AS until
            FROM (SELECT backwards.*, {open_from} AS open_from FROM (
                SELECT stay.session_id, stay.registration_id, stay.began, stay.ended, session.starts, session.ends,
                    MIN(CASE WHEN stay.ended IS NOT NULL THEN stay.began END) OVER before AS covered,
                    MIN(CASE WHEN stay.ended IS NOT NULL AND stay.source <> 'page' THEN stay.began END) OVER before AS left_from
                FROM {stay} stay JOIN {session} session ON session.id = stay.session_id
                WHERE session.forum_id = %s AND session.state = 'scheduled' AND stay.registration_id IS NOT NULL
                WINDOW before AS (
                    PARTITION BY stay.session_id, stay.registration_id
                    ORDER BY COALESCE(stay.ended, stay.began) DESC, stay.ended NULLS FIRST
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                )
            ) backwards) with_open
        ) parts
        GROUP BY session_id, registration_id
    ) attended
    WHERE known + not_ended > 0 OR entered IS NULL
"""


def by_person(forum: Forum, *, now: datetime) -> tuple[str, tuple[Any, ...]]:
    """A statement that gives the key of a session, that of a registration, and the seconds of this person in it, where they are
    known; and the parameters of the statement."""
    is_postgresql = connection.vendor == "postgresql"

    def seconds(start: str, end: str) -> str:
        if is_postgresql:
            return f"DATE_PART('epoch', {end} - {start})"
        return f"django_timestamp_diff({end}, {start}) / 1000000.0"

    least, greatest = ("LEAST", "GREATEST") if is_postgresql else ("MIN", "MAX")
    start, end = f"{greatest}(began, starts)", f"{least}(ended, ends, COALESCE(covered, ends), open_from)"
    entered = f"CASE WHEN ended IS NULL AND left_from IS NULL THEN {start} END"
    first_entered = f"COALESCE(MIN({entered}) OVER (PARTITION BY session_id, registration_id), ends)"
    open_seconds = f"CASE WHEN MIN(entered) < MAX(until) THEN {seconds('MIN(entered)', 'MAX(until)')} ELSE 0 END"
    sql = _SQL.format(
        least=least,
        start=start,
        end=end,
        known=seconds(start, end),
        entered=entered,
        open_from=first_entered if forum.open_stays_count else "ends",
        not_ended=open_seconds if forum.open_stays_count else "0",
        stay=connection.ops.quote_name(Stay._meta.db_table),
        session=connection.ops.quote_name(Session._meta.db_table),
    )
    moment = connection.ops.adapt_datetimefield_value(now)
    return sql, (moment, forum.pk)


def by_session(forum: Forum, *, now: datetime) -> tuple[str, tuple[Any, ...]]:
    """A statement that gives for each session its key, the seconds of all its people together, and for how many people they are known;
    and the parameters of the statement."""
    sql, params = by_person(forum, now=now)
    head = "SELECT session_id, CAST(SUM(seconds) AS bigint) AS seconds, COUNT(*) AS people"
    return f"{head} FROM ({sql}) attended GROUP BY session_id", params
