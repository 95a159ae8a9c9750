"""A moment some weeks later: the same weekday and the same time on the clock, whatever the clocks did between. Pure."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def moved(moment: datetime, *, weeks: int, zone: ZoneInfo) -> datetime:
    """A moment moved by weeks on the clock of a zone, in UTC. A time that the clocks skip there becomes the one that they
    jump to or a later one; of a time that they show twice it is the first."""
    local = moment.astimezone(zone) + timedelta(weeks=weeks)
    return local.replace(fold=0).astimezone(UTC)


def weeks_to_next(first_day: date, *, today: date) -> int:
    """How many weeks after its first day a yearly forum begins again: close to the same date, and after today."""
    years = 1
    while first_day + timedelta(weeks=round(years * 365.2425 / 7)) <= today:
        years += 1
    return round(years * 365.2425 / 7)
