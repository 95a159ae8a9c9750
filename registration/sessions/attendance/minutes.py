"""How long people were in sessions: what their stays cover together, cut to the session's time. One statement for all.

An entry without an end is presence for an unknown time, or counts to the end of the session where the forum says so
(`Forum.open_stays_count`). Where something with an end was seen later, the entry was the beginning of that; not so with time on
the session's page, for who looks away from that leaves no meeting.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from events.models import Forum, Session
from registration.models import Registration, Stay


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


def of_people(forum: Forum, *, now: datetime, user: int | None = None) -> dict[int, dict[int, Attended]]:
    """How long the people of a forum were in its sessions: key of a registration → key of a session → Attended. One query.

    `user`: only those of one account (its key). Somebody who was there only before or after a session's time has 0 seconds of it.
    Sessions that do not take place are left out.
    """
    sql, params = _attended(forum, now=now, user=user)
    found: dict[int, dict[int, Attended]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        for session, person, seconds, is_open in cursor:
            found[person][session] = Attended(int(seconds), bool(is_open))
    return found


# The stays of one person in a session from the last end backwards: each adds what lies before `covered`, from when on those that
# ended later go. What has no end stands at its beginning, so it is still open where nothing that ended stands before it, but for
# time on the page (`left_from`). From `open_from` on what is open counts, and so nothing else.
_SQL = """
    SELECT session_id, registration_id, known + not_ended AS seconds, entered IS NOT NULL AS is_open
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
                WHERE session.forum_id = %s AND session.state = 'scheduled' AND stay.registration_id IS NOT NULL {of_user}
                WINDOW before AS (
                    PARTITION BY stay.session_id, stay.registration_id
                    ORDER BY COALESCE(stay.ended, stay.began) DESC, stay.ended NULLS FIRST
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                )
            ) backwards) with_open
        ) parts
        GROUP BY session_id, registration_id
    ) attended
"""


def by_person(forum: Forum, *, now: datetime) -> tuple[str, tuple[Any, ...]]:
    """A statement that gives the key of a session, that of a registration, and the seconds of this person in it, where they are
    known; and the parameters of the statement."""
    sql, params = _attended(forum, now=now)
    known = "seconds > 0 OR NOT is_open"
    return f"SELECT session_id, registration_id, seconds FROM ({sql}) everybody WHERE {known}", params  # noqa: S608


def _attended(forum: Forum, *, now: datetime, user: int | None = None) -> tuple[str, tuple[Any, ...]]:
    is_postgresql = connection.vendor == "postgresql"

    def seconds(start: str, end: str) -> str:
        if is_postgresql:
            return f"DATE_PART('epoch', {end} - {start})"
        return f"django_timestamp_diff({end}, {start}) / 1000000.0"

    people = connection.ops.quote_name(Registration._meta.db_table)
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
        of_user="" if user is None else f"AND stay.registration_id IN (SELECT id FROM {people} WHERE user_id = %s)",  # noqa: S608
        stay=connection.ops.quote_name(Stay._meta.db_table),
        session=connection.ops.quote_name(Session._meta.db_table),
    )
    moment = connection.ops.adapt_datetimefield_value(now)
    return sql, (moment, forum.pk, *([] if user is None else [user]))


def by_session(forum: Forum, *, now: datetime) -> tuple[str, tuple[Any, ...]]:
    """A statement that gives for each session its key, the seconds of all its people together, and for how many people they are known;
    and the parameters of the statement."""
    sql, params = by_person(forum, now=now)
    head = "SELECT session_id, CAST(SUM(seconds) AS bigint) AS seconds, COUNT(*) AS people"
    return f"{head} FROM ({sql}) attended GROUP BY session_id", params
