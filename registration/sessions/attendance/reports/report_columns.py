"""What names the columns of a report: the words, the zones behind them, and which line of a file is it."""

import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from datetime import tzinfo
from functools import cache, lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models.time_zones import zone_of
from events.shared.tables import dates, headers, spreadsheet_reader
from events.shared.tables.spreadsheet_reader import Table

HEAD = 60  # lines in which the names of the columns are looked for
COLUMNS = {  # what a report says, in the words of the page that asks; what systems call it: events/shared/tables/column_names.csv
    "name": gettext_lazy("Name"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "email": gettext_lazy("E-mail"),
    "account": gettext_lazy("Account"),
    "join_time": gettext_lazy("Time of joining"),
    "leave_time": gettext_lazy("Time of leaving"),
    "first_join": gettext_lazy("First time of joining"),
    "last_leave": gettext_lazy("Last time of leaving"),
    "span": gettext_lazy("Times of joining and of leaving in one cell"),
    "duration": gettext_lazy("Duration"),
    "date": gettext_lazy("Date"),
    "action": gettext_lazy("Whether they joined or left"),
    "attended": gettext_lazy("Attended"),
    "time_zone": gettext_lazy("Time zone"),
    "waiting": gettext_lazy("Whether they only waited to be let in"),
}
WHO, BEGAN, ENDED = (
    ("name", "first_name", "last_name", "email", "account"),
    ("join_time", "first_join", "span"),
    ("leave_time", "last_leave", "span", "duration", "action"),
)
LEFT = ("leave_time", "last_leave")
ZONES = re.compile(r"\b(?:UTC|GMT)\b(?: ?[+-]\d{1,2}(?::?\d\d)?)?|[+-]\d\d:\d\d|\b[a-z]+(?:/[\w+-]+)+", re.IGNORECASE)
BRACKET_BEFORE, BRACKET_BEHIND = re.compile(r"[(\[][^()\[\]]*$"), re.compile(r"^[^()\[\]]*[)\]]")


@cache
def known() -> headers.Vocabulary:
    """Which column each folded header means."""
    return headers.known_headers({name: [label] for name, label in COLUMNS.items()}, table="report")


def columns_of(cells: Sequence[str], meanings: Mapping[str, str]) -> dict[str, list[int]]:
    """Where each known column stands in a row, if it names columns."""
    found: dict[str, list[int]] = {}
    for place, (key, _name) in enumerate(Table([[zoned(cell)[0] for cell in cells]]).keys):
        if column := key and meanings.get(key, ""):
            found.setdefault(column, []).append(place)
    return found


@lru_cache(maxsize=10_000)
def zoned(header: str) -> tuple[str, tzinfo | None]:
    """A header without the zone that it names, and that zone: “Join Time (UTC+01:00)”, “(GMT+9, Tokyo)”, “Asia/Tokyo”."""
    text, zone = dates.zone(header)
    if zone and "Etc/" not in header:
        return text, zone
    for found in ZONES.finditer(text := dates.plain(header)):
        name = found[0]
        if zone := zone_of(name) or dates.zone(name if name[0].isalpha() else f"UTC{name}")[1]:
            before, behind = text[: found.start()], text[found.end() :]
            return f"{BRACKET_BEFORE.sub('', before)}{BRACKET_BEHIND.sub('', behind)}".strip(), zone
    return header, None


def lacking(places: Mapping[str, Any]) -> list[str]:
    """What the columns of a report do not say, in words."""
    words = {WHO: _("Name"), BEGAN: _("Time of joining"), ENDED: _("Time of leaving")}
    if "duration" in places:
        words[BEGAN] = _("Time of joining (or of leaving, from which the duration is counted back)")
    told = (WHO, ENDED) if is_of_leaves(places) else (WHO, BEGAN, ENDED)
    return [words[names] for names in told if not places.keys() & set(names)]


def is_of_leaves(places: Container[str]) -> bool:
    """Whether a report says when somebody left, and for how long they had been there, and not when they came."""
    return not any(name in places for name in BEGAN) and any(name in places for name in LEFT) and "duration" in places


# --- the line of the columns ------------------------------------------------------------------------
def with_delimiter(text: str, meanings: Mapping[str, str]) -> bytes:
    """The file behind a line that tells the reader of tables its delimiter: the line of the columns says which it is, else the
    line with the most known ones, else what most lines have (of a table with “22.7.2020, 10:02” its header has no comma), else
    the most lines that have as many."""
    lines = text.split("\n", HEAD)[:HEAD]
    for one in lines:
        for delimiter in "\t;,":
            if _names_columns(one, delimiter, meanings):
                return f"sep={delimiter}\n{text}{_cut_off(text, delimiter, meanings)}".encode()
    if spreadsheet_reader.TOLD_DELIMITER.match(text):
        return text.encode()

    def sure(delimiter: str) -> tuple[int, int, int]:
        named = max(len(columns_of(one.split(delimiter), meanings)) for one in lines)
        counts = Counter(count for one in lines if (count := one.count(delimiter)))
        return named, counts.total(), max(counts.values(), default=0)

    return f"sep={max('\t;,', key=sure)}\n{text}".encode()


def _names_columns(one: str, delimiter: str, meanings: Mapping[str, str]) -> bool:
    return not lacking(columns_of([cell.strip('=" \r\ufeff') for cell in one.split(delimiter)], meanings))


def _cut_off(text: str, delimiter: str, meanings: Mapping[str, str]) -> str:
    """What makes the row in which a file is cut off one that cannot be read, so that it is told: question marks for the cells that
    it lacks. Nothing for a whole file."""
    *lines, last = text.split("\n")
    head = (
        next((one for one in reversed(lines) if _names_columns(one, delimiter, meanings)), "") if last.strip() else ""
    )
    missing = head.count(delimiter) - last.count(delimiter)
    return "?" + f"{delimiter}?" * missing if missing > 0 else ""
