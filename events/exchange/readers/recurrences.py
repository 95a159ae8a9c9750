"""Repeated events of calendars (RRULE, RDATE, EXDATE): their local starts, up to a last day.

The rules are dateutil's; only those that repeat by days or longer are taken, always with an end: a rule that has no day is
looked for until the year 9999.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import islice

from dateutil.rrule import rrule, rrulestr

FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
MORE = frozenset({"INTERVAL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "BYWEEKNO", "BYYEARDAY", "FREQ"})
LONGEST = timedelta(days=366 * 10)  # from the first to the last of a rule
SHORT = timedelta(days=31)


class Strange(ValueError):
    """A rule that is not understood: its days are not guessed."""


def starts_of(rule: str, *, first: datetime, last: date, until: datetime | None) -> list[datetime]:
    """The local starts by a rule, from the first one to the end of the last day, or `until` (its UNTIL). Raises Strange."""
    try:
        parts = dict(pair.split("=", 1) for pair in rule.upper().strip().rstrip(";").split(";"))
        count = int(parts.pop("COUNT", "0"))
        parts.pop("UNTIL", "")
        end = datetime.combine(last, time.max)
        if set(parts) - MORE or parts.get("FREQ") not in FREQUENCIES or count < 0 or end - first > LONGEST:
            raise Strange(rule)
        found = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=first)
        if not isinstance(found, rrule):
            raise Strange(rule)
        return list(islice(found.replace(until=min(end, until or end)), count or None))
    except (ValueError, OverflowError, TypeError, AttributeError, IndexError, KeyError) as fault:
        raise Strange(rule) from fault


def is_endless(rules: Iterable[str]) -> bool:
    return any("COUNT=" not in rule.upper() and "UNTIL=" not in rule.upper() for rule in rules)
