"""The time zones that a report names: behind its times, in a column of them, in a line above its table."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from events.models.time_zones import zone_names, zone_of
from events.shared.formatting.plain_text import line
from events.shared.tables import dates
from events.shared.tables.answers import Answers, OpenQuestion, Reading
from events.shared.tables.cells import fold
from events.shared.tables.spreadsheet_reader import NOTES
from registration.sessions.attendance.reports.report_columns import known, zoned

BEHIND = re.compile(r"(?<=:\d\d)( ?(?i:[ap]m))? \(?(?!(?i:[ap]m)\b)([A-Z]{2,5}|[A-Za-z]+/[\w/+-]+)\)?$")
KEY, EACH, CHOSEN = "zones", "each", "chosen"  # the answer to what zones of rows are
EXAMPLES = 3
LOST_ZONE = re.compile(r"[(\[]([^()\[\]]*)[)\]]|(?<=[a-z] )([A-Z]{2,5})$")
LOST = gettext_noop("The time zone “%(zone)s” is not known: the one chosen for the report is taken")


def named(text: str) -> tzinfo | None:
    """The zone that a cell is: “Europe/London”, “UTC+1”, “(GMT+01:00) London”; None where it says something else."""
    rest, zone = dates.zone(text)
    return zone_of(dates.plain(text)) or (None if rest else zone)


def above(rows: Iterable[Sequence[str]]) -> tuple[str, tzinfo | None]:
    """The zone that the lines above a table name, and how: a cell behind one that is called so, or by itself a place or an offset."""
    for row in rows:
        cells = [part.strip() for cell in row for part in cell.split(": ", 1) if part.strip()]
        for place, cell in enumerate(cells):
            is_called_so = place > 0 and known().get(fold(cells[place - 1])) == "time_zone"
            zone = named(cell) if is_called_so or not cell.isalpha() else None
            if is_called_so or zone:
                return cell, zone
    return "", None


def ask_about_rows(texts: Collection[str], *, answers: Answers) -> None:
    """Refuse (`unclear-zones`, `answers.OpenQuestion`) a column of several zones: it may say where people are, and not of their times."""
    if len(texts) > 1 and answers.names.get(KEY) not in {EACH, CHOSEN}:
        words = _("The rows name several time zones. Say in which one their times are")
        readings = [
            Reading(EACH, _("Each in that of its row"), list(texts)[:EXAMPLES]),
            Reading(CHOSEN, _("All in the one that is chosen for the report"), ()),
        ]
        raise OpenQuestion(words, code="unclear-zones", key=KEY, readings=readings)


def notes(texts: Collection[str]) -> list[str]:
    """What is said of the zone in a column or above the table; of several somebody was asked."""
    used = _("Times are read in the time zone “%(zone)s”, which the file names")
    return [
        (used if named(text) else _(LOST)) % {"zone": line(text, most=40)} for text in texts if text and len(texts) == 1
    ]


def lost(names: Iterable[str]) -> Iterator[str]:
    """What is said of zones that headers of times name, and that are not known."""
    for header in names:
        found = None if zoned(header)[1] or fold(header) in known() else LOST_ZONE.search(dates.plain(header))
        if found and not NOTES.fullmatch(fold(text := found[1] or found[2])):
            yield _(LOST) % {"zone": line(text, most=40)}


class CellZones:
    """The zones behind the times of a report: “10:02:07 AM CEST”, “10:02 Europe/London”. Refuses `unclear-zone` (`answers.OpenQuestion`):
    a short name that several have, and none of them is that of the report."""

    def __init__(self, cells: Iterable[str], *, chosen: ZoneInfo, year: int, answers: Answers) -> None:
        names = dict.fromkeys(found[2] for cell in cells if (found := BEHIND.search(dates.plain(cell))))
        self._zones = {name: zone_of(name) if "/" in name else _short(name, chosen, year, answers) for name in names}

    def split(self, text: str) -> tuple[str, tzinfo | None]:
        """A time without the zone behind it, and that zone where it is known."""
        found = BEHIND.search(text)
        zone = self._zones.get(found[2]) if found else None
        return (text[: found.start()] + (found[1] or ""), zone) if found and zone else (text, None)


def _short(name: str, chosen: ZoneInfo, year: int, answers: Answers) -> tzinfo | None:
    places = _short_names(year).get(name, {})
    own = [offset for offset, cities in places.items() if chosen.key in cities]
    given = answers.names.get(f"zone:{name}")
    found = own or [one for one in places if _value(one) == given] or list(places)
    if len(found) > 1:
        words = _("Several time zones are called “%(zone)s”. Say which one is meant")
        readings = [
            Reading(_value(one), str(timezone(one)), [city.split("/")[-1] for city in cities[:EXAMPLES]])
            for one, cities in places.items()
        ]
        raise OpenQuestion(words % {"zone": name}, code="unclear-zone", key=f"zone:{name}", readings=readings)
    return timezone(found[0]) if found else None


def _value(offset: timedelta) -> str:
    return f"{offset / timedelta(minutes=1):.0f}"


@lru_cache(maxsize=4)
def _short_names(year: int) -> dict[str, dict[timedelta, list[str]]]:
    """The offsets that each short name of a zone means in a year, in winter or summer, with the places where it does."""
    found: dict[str, dict[timedelta, list[str]]] = {}
    for key in zone_names():
        for month in (1, 7):
            at = datetime(year, month, 1, tzinfo=UTC).astimezone(ZoneInfo(key))
            cities = found.setdefault(at.tzname() or "", {}).setdefault(at.utcoffset() or timedelta(), [])
            cities += [] if key in cities else [key]
    return found
