"""Time zones that a calendar brings along (VTIMEZONE): when its clocks change, and so what its local times mean.

icalendar's own zones are not for files of strangers: it keeps them for every later file, and dateutil, below it, looks for
the days of a rule that has none until the year 9999.
"""

import re
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

FIRST, LAST = 1990, 2100  # the years that sessions lie in
MAX_CELL = 2_000  # signs of a rule, or of all dates of a part
OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
BY_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
KNOWN_PARTS = {"FREQ", "BYMONTH", "BYDAY", "BYMONTHDAY", "UNTIL", "INTERVAL", "WKST"}


@dataclass(slots=True)
class Zone:
    """One VTIMEZONE: the cells of each of its STANDARD and DAYLIGHT parts, as they stand there."""

    parts: list[dict[str, str]] = field(default_factory=list)
    _changes: list[tuple[datetime, timedelta, timedelta]] | None = None

    def add(self, name: str, value: str) -> None:
        """Note down a cell of the last part; several RDATEs count together."""
        last = self.parts[-1]
        last[name] = (f"{last[name]},{value}" if name == "RDATE" and name in last else value)[:MAX_CELL]

    def offset(self, local: datetime) -> timezone | None:
        """What the zone's clock is ahead of UTC by at a local time; None where its rules are not understood.

        A time that exists twice is the first one, as RFC 5545 has it.
        """
        if self._changes is None:
            self._changes = sorted(_changes(self.parts))
        if not self._changes:
            return None
        at = bisect_right(self._changes, local, key=lambda change: change[0])
        return timezone(self._changes[at - 1][2] if at else self._changes[0][1])


def _changes(parts: Iterable[dict[str, str]]) -> list[tuple[datetime, timedelta, timedelta]]:
    """The local moments at which the clocks change, with the offsets before and after; none where a rule is strange: its times are not guessed."""
    changes = []
    try:
        for part in parts:
            if any(len(cell) == MAX_CELL for cell in part.values()):
                return []
            before, after = _offset(part.get("TZOFFSETFROM", "")), _offset(part.get("TZOFFSETTO", ""))
            starts = _moment(part.get("DTSTART", ""))
            changes.append((starts, before, after))
            changes += [(_moment(text), before, after) for text in filter(None, part.get("RDATE", "").split(","))]
            if rule := part.get("RRULE", ""):
                changes += [(onset, before, after) for onset in _repeated(rule, starts=starts, before=before)]
    except (ValueError, OverflowError):
        return []
    return changes


def _offset(text: str) -> timedelta:
    found = OFFSET.fullmatch(text.strip())
    if not found:
        raise ValueError(text)
    sign, hours, minutes, seconds = found.groups()
    length = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))
    if length >= timedelta(days=1):
        raise ValueError(text)
    return -length if sign == "-" else length


def _moment(text: str) -> datetime:
    text = text.strip()
    return datetime.strptime(text.removesuffix("Z"), "%Y%m%dT%H%M%S" if "T" in text else "%Y%m%d")  # noqa: DTZ007


def _repeated(rule: str, *, starts: datetime, before: timedelta) -> Iterator[datetime]:
    """The local moments of a yearly rule, in the years of sessions. Raises ValueError for any other rule."""
    parts = dict(pair.split("=", 1) for pair in rule.upper().strip().rstrip(";").split(";"))
    if set(parts) - KNOWN_PARTS or parts.get("FREQ") != "YEARLY" or parts.get("INTERVAL", "1") != "1":
        raise ValueError(rule)
    until = _moment(parts["UNTIL"]) if "UNTIL" in parts else None
    if until and parts["UNTIL"].endswith("Z"):
        until += before
    month = int(parts.get("BYMONTH", starts.month))
    for year in range(max(FIRST - 1, starts.year), LAST + 2):
        for day in _days(parts, year=year, month=month, usual=starts.day):
            onset = datetime.combine(day, starts.time())
            if starts < onset and (until is None or onset <= until):
                yield onset


def _days(parts: dict[str, str], *, year: int, month: int, usual: int) -> Iterator[date]:
    """The days of a month that a rule names: by their number, by weekday, by both, or else the usual one."""
    last = monthrange(year, month)[1]
    numbers = {int(text) for text in parts.get("BYMONTHDAY", "" if "BYDAY" in parts else str(usual)).split(",") if text}
    weekdays = _weekdays(parts.get("BYDAY", ""))
    for number in range(1, last + 1):
        day = date(year, month, number)
        name, count, count_back = WEEKDAYS[day.weekday()], (number - 1) // 7 + 1, (number - last - 1) // 7
        is_named = not weekdays or not weekdays.isdisjoint({(0, name), (count, name), (count_back, name)})
        if is_named and (not numbers or number in numbers or number - last - 1 in numbers):
            yield day


def _weekdays(text: str) -> set[tuple[int, str]]:
    """“-1SU,MO” → the last Sunday and (0) every Monday."""
    found = [BY_DAY.fullmatch(word) for word in text.split(",") if word]
    if not all(found):
        raise ValueError(text)
    return {(int(match[1] or 0), match[2]) for match in found if match}
