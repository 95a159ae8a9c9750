"""Where a forum's people are on the clock, written down for the programme (events.Audience)."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, QuerySet

from events.models import Audience, Forum
from registration.models import Booking, Registration


def _of_forum(forum: Forum) -> QuerySet[Any, Any]:
    people = Registration.objects.active().filter(forum=forum)
    return people.order_by().values("time_zone", region=F("country__region")).annotate(people=Count("pk"))


def _of_sessions(forum: Forum) -> QuerySet[Any, Any]:
    bookings = Booking.objects.filter(session__forum=forum, registration__withdrawn__isnull=True)
    who = {"zone": F("registration__time_zone"), "region": F("registration__country__region")}
    return bookings.order_by().values("session_id", **who).annotate(people=Count("pk"))


def awaited(now: datetime) -> QuerySet[Forum]:
    """The forums that people register for or that are not over yet: their people still change."""
    yesterday = now.date() - timedelta(days=1)  # no zone is further behind
    return Forum.objects.filter(registration_opens__lte=now, ends__gte=yesterday).order_by("pk")


def recount(forum: Forum) -> int:
    """Write down the people per region and time zone: of the forum (registered, not withdrawn) and of each session (booked).

    Each row has the region of the country that they stand for. Replaces the forum's rows in one transaction, under a lock of the forum; returns how many rows there are.
    Idempotent.
    """
    table = connection.ops.quote_name(Audience._meta.db_table)
    rows = 0
    with transaction.atomic(), connection.cursor() as cursor:
        Forum.objects.select_for_update(no_key=True).get(pk=forum.pk)
        Audience.objects.filter(forum=forum).delete()
        for query, session, zone in (
            (_of_forum(forum), "CAST(NULL AS bigint)", "time_zone"),
            (_of_sessions(forum), "counted.session_id", "zone"),
        ):
            sql, params = query.query.get_compiler(connection=connection).as_sql()
            cursor.execute(
                f"INSERT INTO {table} (forum_id, session_id, region, time_zone, people) "  # noqa: S608
                f"SELECT %s, {session}, counted.region, counted.{zone}, counted.people FROM ({sql}) counted",
                [forum.pk, *params],
            )
            rows += cursor.rowcount
    return rows
