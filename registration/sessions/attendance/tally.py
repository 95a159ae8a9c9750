"""Every figure of a forum, counted from its attendances and stays: one SQL aggregate for each dimension and level.

The aggregates are built by the ORM and run inside INSERT … SELECT, so that no counted row travels to Python and
back. The same statements run on PostgreSQL and SQLite.
"""

from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import Cast, Coalesce, RowNumber
from django.utils.translation import gettext_lazy

from events.models import Forum, Session
from events.shared.jobs.sweeps import Sweep
from registration.models import Attendance, PublishedFigures, Stay, Tally
from registration.sessions.attendance import minutes, publishing

Dimension = Tally.Dimension
TALLIES = Sweep("tallies", gettext_lazy("Figures of attendance"), longest=timedelta(minutes=5))
GRACE = timedelta(minutes=10)  # for how long after its end a session is still counted every minute

SOURCES: dict[str, str] = {
    Dimension.COUNTRY: "country_id",
    Dimension.REGION: "region",
    Dimension.STAKEHOLDER_TYPE: "stakeholder_type",
    Dimension.GENDER: "gender",
    Dimension.ACTION_LINE: "session__action_lines__code",
    Dimension.SDG: "session__sdgs__number",
    Dimension.TRACK: "session__track_id",
}


class Reading(NamedTuple):
    """One aggregate: `sql` gives the columns (session_id,) value, attendances, people."""

    dimension: str
    by_session: bool
    sql: str
    params: tuple[Any, ...]


def week_number(forum: Forum) -> Case:
    """The forum's calendar week (from 1) in which a session starts, by the forum's own clock, as an SQL expression."""
    bounds = [datetime.combine(monday, time(), tzinfo=forum.zone) for monday in forum.mondays[1:]]
    cases = [When(session__starts__lt=bound, then=Value(number)) for number, bound in enumerate(bounds, start=1)]
    return Case(*cases, default=Value(forum.weeks), output_field=IntegerField())


def _compiled(query: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    sql, params = query.query.get_compiler(connection=connection).as_sql()
    return sql, tuple(params)


def _reading(forum: Forum, *, dimension: str, by_session: bool) -> Reading:
    """A session without an Action Line, goal or track counts under the empty value."""
    if dimension == Dimension.TOTAL:
        value: Any = Value("", output_field=CharField())
    elif dimension == Dimension.WEEK:
        value = Cast(week_number(forum), CharField(max_length=40))
    else:
        value = Coalesce(Cast(F(SOURCES[dimension]), CharField(max_length=40)), Value(""), output_field=CharField())
    columns = ["session_id", "cell"] if by_session else ["cell"]
    query = (
        Attendance.objects.filter(session__forum=forum)
        .order_by()
        .annotate(cell=value)
        .values(*columns)
        # A person stands once in a session, so within one session the attendances are the people.
        .annotate(number=Count("pk"), heads=Count("pk") if by_session else Count("registration_id", distinct=True))
    )
    return Reading(dimension, by_session, *_compiled(query))


def _growth(forum: Forum) -> Reading:
    """Attendances and different people from the first week up to the end of each."""
    entries = (
        Attendance.objects.filter(session__forum=forum)
        .order_by()
        .annotate(
            week=week_number(forum),
            nth=Window(RowNumber(), partition_by=[F("registration_id")], order_by=["session__starts", "pk"]),
        )
        .values("week", "nth")
    )
    inner, params = _compiled(entries)
    head = (
        "SELECT CAST(week AS varchar(40)) AS cell, SUM(COUNT(*)) OVER (ORDER BY week) AS number,"
        " SUM(COUNT(CASE WHEN nth = 1 THEN 1 END)) OVER (ORDER BY week) AS heads"
    )
    return Reading(Dimension.GROWTH, False, f"{head} FROM ({inner}) entries GROUP BY week", params)


def _sources(forum: Forum) -> Reading:
    """How many attendances rest on each source of stays: of each session, and of the forum where `session_id` is empty. Both at
    once, for there are many stays."""
    stays = Stay.objects.filter(session__forum=forum, registration__isnull=False).order_by()
    inner, params = _compiled(stays.values("session_id", "registration_id", "source").distinct())
    sql = (
        f"WITH seen AS ({inner}) SELECT session_id, source AS cell, COUNT(*) AS number, COUNT(*) AS heads FROM seen "  # noqa: S608
        "GROUP BY session_id, source UNION ALL "
        "SELECT NULL, source, COUNT(*), COUNT(DISTINCT registration_id) FROM seen GROUP BY source"
    )
    return Reading(Dimension.SOURCE, True, sql, params)


def readings(forum: Forum) -> list[Reading]:
    """All aggregates of a forum: each dimension for the forum and for each of its sessions, and the growth."""
    counted = [Dimension.TOTAL, Dimension.WEEK, *SOURCES]
    return [
        *(_reading(forum, dimension=dimension, by_session=False) for dimension in counted),
        *(_reading(forum, dimension=dimension, by_session=True) for dimension in counted),
        _sources(forum),
        _growth(forum),
    ]


def recount(forum: Forum, *, now: datetime) -> int:
    """Count all figures of a forum again, replacing those of before in one transaction, and move the public ones on; return how many
    cells there are.

    Idempotent: where no attendance has changed, only `computed_at` does. The forum's total is always a row. Two at once wait for each other at the
    forum's row; readers see the old figures or the new ones, never a mixture.
    """
    table = connection.ops.quote_name(Tally._meta.db_table)
    moment = connection.ops.adapt_datetimefield_value(now)
    with transaction.atomic(), connection.cursor() as cursor:
        Forum.objects.select_for_update(no_key=True).get(pk=forum.pk)
        Tally.objects.filter(forum=forum).delete()
        cells = 0
        for dimension, by_session, sql, params in readings(forum):
            session = "counted.session_id" if by_session else "CAST(NULL AS bigint)"
            cursor.execute(
                f"INSERT INTO {table} (forum_id, session_id, dimension, value, attendances, people, computed_at) "  # noqa: S608
                f"SELECT %s, {session}, %s, counted.cell, counted.number, counted.heads, %s FROM ({sql}) counted",
                [forum.pk, dimension, moment, *params],
            )
            cells += cursor.rowcount
        _write_minutes(forum, now=now)
        publishing.publish(forum, now=now)
    return cells


def _write_minutes(forum: Forum, *, now: datetime) -> None:
    """Beside the totals: of each session, and of the forum what these add up to."""
    table = connection.ops.quote_name(Tally._meta.db_table)
    sql, params = minutes.by_session(forum, now=now)
    totals = Tally.objects.filter(forum=forum, dimension=Dimension.TOTAL)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET minutes = stays.seconds / 60, measured = stays.people FROM ({sql}) stays "  # noqa: S608
            f"WHERE {table}.session_id = stays.session_id AND {table}.dimension = %s",
            [*params, Dimension.TOTAL],
        )
    summed = totals.exclude(session=None).aggregate(minutes=Sum("minutes"), measured=Sum("measured"))
    totals.filter(session=None).update(**summed)


def recount_due(now: datetime) -> int:
    """Count the forums that have something running; return how many."""
    return len(TALLIES.each(running(now), lambda forum: recount(forum, now=now), now=now))


def running(now: datetime) -> QuerySet[Forum]:
    """The forums to count at this moment: a session runs or has ended within ten minutes, somebody has just
    entered one, or there are attendances that nobody has counted yet."""
    sessions = Session.objects.filter(forum=OuterRef("pk"), state=Session.State.SCHEDULED)
    attendances = Attendance.objects.filter(session__forum=OuterRef("pk"))
    return Forum.objects.filter(
        Q(Exists(sessions.filter(starts__lte=now, ends__gt=now - GRACE)))
        | Q(Exists(attendances.filter(last_seen__gt=now - GRACE)))
        | Q(Exists(attendances)) & ~Q(Exists(PublishedFigures.objects.filter(forum=OuterRef("pk"))))
    ).order_by("pk")


def waits_since(now: datetime) -> datetime | None:
    """Since when figures wait to be counted while sessions run; None where nothing runs."""
    live = Session.objects.filter(state=Session.State.SCHEDULED, starts__lte=now, ends__gt=now - GRACE)
    begun = dict(live.order_by().values_list("forum").annotate(first=Min("starts")))
    totals = Tally.objects.filter(forum__in=begun, session=None, dimension=Dimension.TOTAL)
    counted = dict(totals.order_by().values_list("forum", "computed_at"))
    return min((max(first, counted.get(forum, first)) for forum, first in begun.items()), default=None)
