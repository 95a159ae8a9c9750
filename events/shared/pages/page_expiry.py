"""Moments: the points in time at which public pages change by themselves, without anybody saving anything."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Min, Q

from events.models import Call, Forum, News, Outcome, Session

# Longer than any session with its windows; bounds how far back the query has to look.
REACH = timedelta(days=2)


def next_midnight(zone: ZoneInfo, *, now: datetime) -> datetime:
    """The next beginning of a day in a zone, after `now`."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)


def until_midnight(zone: ZoneInfo, *, now: datetime) -> float:
    """Seconds to the next beginning of a day in a zone: how long a page holds that marks its days in it."""
    return (next_midnight(zone, now=now).astimezone(UTC) - now).total_seconds()


def next_moment(now: datetime) -> datetime | None:
    """The first moment after `now`, in any public forum; None without one. Five queries."""
    return min((moment for moment in _coming(now) if moment > now), default=None)


def _coming(now: datetime) -> Iterator[datetime]:
    for forum in Forum.objects.public():
        yield next_midnight(forum.zone, now=now)
        yield forum.registration_opens
        yield forum.registration_closes
    for first, last in Call.objects.filter(forum__is_public=True).values_list("opens", "closes"):
        yield first
        yield last
    to_come = News.objects.filter(Q(date__gt=now) | Q(banner_until__gt=now), is_public=True, forum__is_public=True)
    for appears, banner_ends in to_come.values_list("date", "banner_until"):
        yield from filter(None, (appears, banner_ends))
    with_outcomes = Session.objects.filter(outcomes__in=Outcome.objects.filter(is_public=True), forum__is_public=True)
    hidden = (Session.objects.released() | with_outcomes).filter(embargoed_until__gt=now)
    if embargo_ends := hidden.aggregate(first=Min("embargoed_until"))["first"]:
        yield embargo_ends
    # Beyond the next midnight nothing matters: it is a moment itself.
    near = Session.objects.public(now).filter(starts__lt=now + REACH, ends__gt=now - REACH).select_related("forum")
    for session in near.only("starts", "ends", "forum__join_opens_minutes", "forum__join_closes_minutes"):
        yield from filter(None, (session.join_opens, session.starts, session.ends, session.join_closes))
