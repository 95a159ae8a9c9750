"""The lines of a calendar file: unfolded, each with its parameters and its value, and what those that repeat (RRULE, RDATE,
EXDATE) mean: local starts, up to a last day.

The rules are dateutil's; only those that repeat by days or longer are taken, always with an end: a rule that has no day is
looked for until the year 9999.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice

from dateutil.rrule import rrule, rrulestr
from icalendar.parser import Parameters, unescape_backslash

from events.shared.formatting.plain_text import clean
from events.shared.tables.answers import Answers
from events.shared.tables.code_pages import decoded

MAX_PARAMETERS = 2_000
LINE = re.compile(r'([A-Za-z0-9-]+)((?:;(?:"[^"]*"|[^":])*)?):(.*)', re.DOTALL)
FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
MORE = frozenset({"INTERVAL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "BYWEEKNO", "BYYEARDAY", "FREQ"})
LONGEST = timedelta(days=366 * 10)  # from the first to the last of a rule
SHORT = timedelta(days=31)


@dataclass(slots=True)
class Property:
    """A line of an event: its value as it is written, and its parameters."""

    value: str
    parameters: Parameters = field(default_factory=Parameters)

    def parameter(self, name: str) -> str:
        """A parameter by its name, several values in one; "" where there is none."""
        found = self.parameters.get(name, "")
        return str(found if isinstance(found, str) else ", ".join(found)).strip()


type Event = dict[str, list[Property]]


def unfolded(data: bytes, *, answers: Answers) -> Iterator[tuple[int, str]]:
    """The lines of a calendar with their numbers; one that begins with a blank goes on the one before, byte for byte: a
    character may be torn between the two. Refuses what `code_pages.decoded` does."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        data = decoded(data, answers=answers).encode()
    rows: list[bytearray] = []
    numbers: list[int] = []
    for number, row in enumerate(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"), 1):
        if row[:1] in {b" ", b"\t"} and rows:
            rows[-1] += row[1:]
        elif row.strip():
            rows.append(bytearray(row))
            numbers.append(number)
    return zip(numbers, clean(decoded(b"\n".join(rows), answers=answers)).split("\n"), strict=False)


def parameters_of(text: str) -> Parameters:
    """Those between the name of a line and its colon; none where they cannot be read."""
    try:
        return Parameters.from_ical(text[1:MAX_PARAMETERS]) if text else Parameters()
    except ValueError:
        return Parameters()


def value_of(event: Event, name: str) -> str:
    """The first value of that name, unescaped; "" where there is none."""
    return str(unescape_backslash(event[name][0].value)) if name in event else ""


# --- what repeats ----------------------------------------------------------------------------------
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
