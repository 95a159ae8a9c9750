"""iCalendar: read from any program's file, and written at once for a whole programme.

The writer gives the bytes that `events.formatting.calendar_files` gives, without building an object for each line: a thousand sessions
in milliseconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from events.exchange.readers import texts
from events.exchange.readers.calendar_zones import Zone
from events.exchange.readers.gathering import Gatherer, Link, Raw
from events.exchange.readers.records import Programme, Talk, refusal
from events.formatting.calendar_files import PRODID
from events.models.time_zones import is_zone, zone_of
from events.tables import identity

MAX_LINES, MAX_ZONE_PARTS = 500_000, 3_000
OUR_UID = ".wsis-forum"


@dataclass(slots=True)
class _Property:
    value: str
    parameters: dict[str, str] = field(default_factory=dict)


type _Event = dict[str, list[_Property]]


def read(data: bytes, *, zone: ZoneInfo) -> Programme:
    """Read a calendar file. Refuses `broken` (no calendar, cut off) and `too-large`."""
    if data.count(b"\n") + data.count(b"\r") > 2 * MAX_LINES:
        raise refusal(_("The file has more than %(n)s lines") % {"n": MAX_LINES}, code="too-large")
    text = texts.clean(_decoded(data))
    programme = Programme(format="ics")
    gatherer = Gatherer(programme, zone=zone)
    found = _Reader(gatherer)
    for number, line in _unfolded(text):
        found.take(*_property(line), number=number)
    if found.stack or (not found.events and "BEGIN:VCALENDAR" not in text[:2000].upper()):
        raise refusal(_("The calendar is cut off: an end is missing"), code="broken")
    for count, event in enumerate(found.events, 1):  # at the end: a zone may stand after the events that name it
        _take(event, gatherer=gatherer, zones=found.zones, count=count)
    return programme


class _Reader:
    """Takes the lines of a calendar one by one and keeps its events and its zones."""

    def __init__(self, gatherer: Gatherer) -> None:
        self.gatherer = gatherer
        self.stack: list[str] = []
        self.events: list[_Event] = []
        self.zones: dict[str, Zone] = {}
        self.zone = Zone()
        self.zone_parts = 0

    def take(self, name: str, found: _Property, *, number: int) -> None:
        above, inside = ["", "", *self.stack][-2:]
        if name == "BEGIN":
            self._begin(found.value.upper()[:20], number=number)
        elif name == "END":
            if not self.stack or self.stack.pop() != found.value.upper()[:20]:
                raise refusal(_("The calendar is damaged at line %(n)s") % {"n": number}, code="broken")
        elif inside == "VEVENT":
            self.events[-1].setdefault(name, []).append(found)
        elif inside == "VTIMEZONE" and name == "TZID":
            self.zones[found.value.strip()] = self.zone
        elif above == "VTIMEZONE" and self.zone.parts:
            self.zone.add(name, found.value)
        elif self.stack == ["VCALENDAR"]:
            _head(name, found, gatherer=self.gatherer)

    def _begin(self, kind: str, *, number: int) -> None:
        if kind == "VEVENT":
            self.events.append({"line": [_Property(str(number))]})
        elif kind == "VTIMEZONE":
            self.zone = Zone()
        elif self.stack[-1:] == ["VTIMEZONE"]:
            self.zone.parts.append({})
            self.zone_parts += 1
        self.stack.append(kind)
        if len(self.stack) > 10 or self.zone_parts > MAX_ZONE_PARTS:
            raise refusal(_("The file has too many parts, or nests them too deeply"), code="too-large")


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a calendar with their numbers; a line that begins with a blank goes on the one before."""
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    parts: list[str] = []
    at = 0
    for number, row in enumerate(rows, 1):
        if row[:1] in {" ", "\t"} and parts:
            parts.append(row[1:])
            continue
        if parts:
            yield at, "".join(parts)
        parts, at = ([row], number) if row.strip() else ([], number)
    if parts:
        yield at, "".join(parts)


def _property(line: str) -> tuple[str, _Property]:
    """NAME;PARAMETER="a:b":value → its parts. A line without a colon has no value."""
    is_quoted, end = False, len(line)
    cuts = [0]
    for at, sign in enumerate(line[:2000]):
        if sign == '"':
            is_quoted = not is_quoted
        elif sign == ";" and not is_quoted:
            cuts.append(at + 1)
        elif sign == ":" and not is_quoted:
            end = at
            break
    pieces = [line[start : stop - 1] for start, stop in zip(cuts, [*cuts[1:], end + 1], strict=True)]
    parameters = {}
    for piece in pieces[1:]:
        key, _equals, value = piece.partition("=")
        parameters[key.upper()] = value.strip('"')
    return pieces[0].strip().upper(), _Property(line[end + 1 :], parameters)


def _plain(value: str) -> str:
    """A text with its escapes taken out."""
    if "\\" not in value:
        return value
    parts = value.split("\\\\")
    return "\\".join(
        part.replace("\\n", "\n").replace("\\N", "\n").replace("\\,", ",").replace("\\;", ";") for part in parts
    )


def _several(found: list[_Property]) -> list[str]:
    values = [part.replace("\1", ",") for row in found for part in row.value.replace("\\,", "\1").split(",")]
    return [_plain(value).strip() for value in values if value.strip()]


def _head(name: str, found: _Property, *, gatherer: Gatherer) -> None:
    if name == "PRODID":
        gatherer.programme.is_ours = found.value == PRODID
    elif name in {"NAME", "X-WR-CALNAME"}:
        gatherer.programme.title = texts.line(_plain(found.value), most=120)
    elif name == "X-WR-TIMEZONE":
        gatherer.use_zone(found.value)


def _take(event: _Event, *, gatherer: Gatherer, zones: dict[str, Zone], count: int) -> None:
    def one(name: str) -> str:
        return _plain(event[name][0].value) if name in event else ""

    uid = texts.line(one("UID"), most=200)
    where = _("event %(id)s, line %(n)s") % {"id": (uid or f"#{count}")[:60], "n": event["line"][0].value}
    programme = gatherer.programme
    raw = Raw(where=where, identity=uid, title=one("SUMMARY"), duration=one("DURATION"))
    code, _at, host = uid.partition("@")
    if host.endswith(OUR_UID) and identity.CODE_FORM.fullmatch(code):
        raw.code = code
    raw.room = one("LOCATION")
    raw.description = one("DESCRIPTION") if "DESCRIPTION" in event or not programme.is_ours else ""
    if programme.is_ours:
        raw.description = raw.description.removesuffix(one("URL")).removesuffix("\n\n")
    elif one("URL"):
        raw.links.append(Link("", one("URL")))
    try:
        raw.date = _moment(event.get("DTSTART", []), gatherer=gatherer, zones=zones)
        raw.end = _moment(event.get("DTEND", []), gatherer=gatherer, zones=zones)
    except ValidationError as fault:
        programme.unusable(where, " ".join(fault.messages))
        return
    if "RRULE" in event or "RDATE" in event:
        programme.note(where, _("It repeats: only the first is taken"))
    if "RECURRENCE-ID" in event:
        raw.identity = f"{uid}#{event['RECURRENCE-ID'][0].value}"
    talk = gatherer.take(raw)
    if talk is not None:
        sequence = one("SEQUENCE").strip()
        talk.sequence = int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 6 else None
        talk.is_cancelled = one("STATUS").strip().upper() == "CANCELLED"
        _sort(talk, _several(event.get("CATEGORIES", [])), is_ours=programme.is_ours)


def _sort(talk: Talk, categories: list[str], *, is_ours: bool) -> None:
    """Ours name the type, then the track, then the Action Lines. Of others, the plan finds out what they are."""
    talk.categories = categories
    if is_ours and categories:
        talk.type, talk.categories = categories[0], categories[1:]


def _moment(found: list[_Property], *, gatherer: Gatherer, zones: dict[str, Zone]) -> str:
    """A DTSTART or DTEND as text that the gatherer reads. Refuses whole days and zones that are not known."""
    if not found:
        return ""
    value, name = found[0].value.strip(), found[0].parameters.get("TZID", "").strip()
    if value.startswith("//"):  # TZID=tzone://Microsoft/Utc:20200623T100000, which should stand in quotes
        path, _colon, value = value.rpartition(":")
        name = f"{name}:{path}"
    if "T" not in value:
        raise ValidationError(_("It is a whole day, without a time"), code="whole-day")
    try:
        local = datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007  the zone comes below
    except ValueError:
        return value
    if value.endswith("Z"):
        return local.replace(tzinfo=UTC).isoformat()
    if not name:
        return local.isoformat()
    found_zone = _zone(name, local, zones=zones)
    if found_zone is None:
        raise ValidationError(_("Its time zone “%(name)s” is not known") % {"name": name[:64]}, code="unknown-zone")
    if isinstance(found_zone, ZoneInfo) and is_zone(found_zone.key):
        gatherer.programme.zone = gatherer.programme.zone or found_zone.key
    return local.replace(tzinfo=found_zone).isoformat()


def _zone(name: str, local: datetime, *, zones: dict[str, Zone]) -> tzinfo | None:
    """What a TZID means at a local time: the place that it names, what the file says of it, or the place at its end."""
    plain = WINDOWS_TO_OLSON.get(name, name).lstrip("/")
    if is_zone(plain):
        return ZoneInfo(plain)
    if name in zones and (told := zones[name].offset(local)):
        return told
    words = plain.split("/")
    places = (zone_of("/".join(words[-count:])) for count in (3, 2, 1))
    return next((place for place in places if place), None)
