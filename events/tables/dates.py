"""Dates, times and lengths in every spelling. 07/04/2020 is July in one country and April in another: the table tells."""

import calendar
import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache

from django.utils.dates import MONTHS, MONTHS_3, MONTHS_AP, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext_noop

from events.tables.cells import fold, spellings

SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
MIDNIGHT = re.compile(r"[ T]00:00(?::00)?$")
FIRST_DAYS = re.compile(r"(?:1899-12-3\d|1900-01-0\d) ")  # what a workbook makes of a time without a date
UNCLEAR = gettext_noop(
    "It is not clear whether “%(text)s” begins with the day or with the month: write dates as 2020-07-22"
)
ISO_DURATION = re.compile(r"\+?P(?:(\d{1,3})W)?(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?")
CLOCK = re.compile(
    r"(\d{1,2})(?:[:.h](\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([ap]\.?m\.?)?|\s*h|\s*([ap]\.?m\.?))", re.IGNORECASE
)
WORD = re.compile(r"[^\W\d_]+\.?")
DAY_FORMS = ("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y")


DAY_FIRST, MONTH_FIRST = (3, 2, 1), (3, 1, 2)  # where year, month and day stand


class Dates:
    """Reads the dates of a table in the order that all of them allow; where both do, in the one by which all of them lie in
    `days` (the first and the last that are expected). `unclear`: one of them, where it is not clear."""

    def __init__(self, cells: Iterable[str], *, days: tuple[date, date] | None = None) -> None:
        found = [match for cell in cells if (match := SLASHES.match(cell))]
        orders = [order for order in (DAY_FIRST, MONTH_FIRST) if all(int(one[order[1]]) <= 12 for one in found)]
        if days and len(orders) == 2:
            within = [order for order in orders if all(_is_within(one, order, days) for one in found)]
            orders = within if len(within) == 1 else orders
        is_same = all(match[1] == match[2] for match in found)
        self.order = orders[0] if orders else DAY_FIRST
        self.unclear = found[0][0] if found and len(orders) != 1 and not is_same else ""

    def read(self, cell: str) -> str:
        """A cell with its date in ISO form; as it is where that is not clear. A time alone loses a workbook's first day."""
        match = SLASHES.match(cell)
        if match and not self.unclear:
            year, month, day = (int(match[n]) for n in self.order)
            return f"{year}-{month:02}-{day:02}{cell[match.end() :]}"
        return FIRST_DAYS.sub("", cell)


def _is_within(match: re.Match[str], order: tuple[int, int, int], days: tuple[date, date]) -> bool:
    try:
        return days[0] <= date(*(int(match[place]) for place in order)) <= days[1]
    except ValueError:  # the 30th of February
        return False


def duration(text: str) -> timedelta | None:
    """A length: 01:30, 1:30:00, 1:00:30 with seconds, 2:00:00:00 with days, PT90M, or minutes as a number."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 6:
        return timedelta(minutes=int(text))
    if len(text) > 1 and (iso := ISO_DURATION.fullmatch(text)):
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    parts = text.split(":")
    if not 2 <= len(parts) <= 4 or not all(p.isascii() and p.isdigit() and len(p) < 5 for p in parts):
        return None
    numbers = [int(part) for part in parts]
    if len(numbers) == 4:
        days, hours, minutes, seconds = numbers
    else:
        days, (hours, minutes, seconds) = 0, [*numbers, 0][:3]
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def clock(text: str) -> time | None:
    """A time of day: 9:05, 21.30, 21:30:00, 9:30 pm, 9 pm, 14h."""
    found = CLOCK.fullmatch(text.strip())
    if not found:
        return None
    hour, minute, second, half, bare_half = found.groups()
    hours, half = int(hour), half or bare_half
    if half:
        hours = hours % 12 + (12 if half[0] in "pP" else 0)
    try:
        return time(hours, int(minute or 0), int(second or 0))
    except ValueError:
        return None


def day(text: str) -> date | None:
    """A date: 2020-07-22, 22.07.2020, 2020/07/22, 22 July 2020, lundi 22 juillet 2020."""
    text = " ".join(WORD.sub(_in_english, text).replace(" ,", ",").split()).strip(", ")
    for form in DAY_FORMS:
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007  a date has no zone
        except ValueError:
            continue
        return found.date() if 1990 <= found.year <= 2100 else None
    return None


@cache
def _words() -> dict[str, str]:
    """The names of months in the site's languages with the English ones; the names of days of the week mean nothing."""
    found = {word: "" for names in (WEEKDAYS, WEEKDAYS_ABBR) for name in names.values() for word in spellings(name)}
    for names in (MONTHS_3, MONTHS_AP, MONTHS):
        for number, name in names.items():
            found |= dict.fromkeys(spellings(name), calendar.month_name[number])
    return found


def _in_english(word: re.Match[str]) -> str:
    return _words().get(fold(word[0]), word[0])


def moment(text: str) -> datetime | None:
    """A date with a time, aware or naive as it stands there; None for anything else, and outside 1990 to 2100."""
    text = text.strip()
    try:
        found: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        found = _loose(text)
    if found is None or len(text) <= 10 or not 1990 <= found.year <= 2100:
        return None
    return found.replace(microsecond=0)


def _loose(text: str) -> datetime | None:
    """“22.07.2020 14:00”, “2020-07-22 2:00 pm”, “22 July 2020 14:00”."""
    for count in (1, 2):
        words = text.rsplit(maxsplit=count)
        if len(words) == count + 1 and (hours := clock(" ".join(words[1:]))) and (date_part := day(words[0])):
            return datetime.combine(date_part, hours)
    return None
