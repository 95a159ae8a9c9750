"""iCalendar, of any program, read. The values of the lines are icalendar's; see `calendar_zones` for why no more is."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from icalendar.parser import Parameters, split_on_unescaped_comma, unescape_backslash
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from events.exchange.readers.calendar_zones import Zone
from events.exchange.readers.records import Programme, Talk, refusal
from events.exchange.readers.session_builder import Link, RawEvent, SessionBuilder
from events.formatting import calendar_files
from events.formatting.calendar_files import PRODID
from events.formatting.plain_text import clean, line
from events.models.time_zones import is_zone, zone_of
from events.tables import stable_identities
from events.tables.spreadsheet_reader import decoded

MAX_LINES, MAX_ZONE_PARTS, MAX_PARAMETERS = 500_000, 3_000, 2_000
OUR_FIRST_UID = ".wsis-forum"  # what stood behind the @ before the host of the site did
LINE = re.compile(r'([A-Za-z0-9-]+)((?:;(?:"[^"]*"|[^":])*)?):(.*)', re.DOTALL)
NO_PERSON = {"ROOM", "RESOURCE", "GROUP"}
# “Speakers: Ada, Grace”, or a line with the word alone and one name in each of the next.
WORDS = (
    r"(?:speaker|presenter|panell?ist|intervenant|orateur|conf[ée]rencier|ponente|orador|palestrante|referent|vortragende)"
    r"(?:s|e|es|r|en|in|innen|a|as|\(s\))?|докладчики?|спикеры?|выступающие|演讲人|演讲者|发言人|报告人|讲者|講演者|登壇者|발표자|연사"
    r"|المتحدث(?:ون|ين)?|المتكلم(?:ون|ين)?"
)
SPEAKERS = re.compile(rf"^\W*(?:{WORDS})\s*[:：][ \t]*(?:([^\n]+)|\n((?:[^\n]+\n?)+))", re.IGNORECASE | re.MULTILINE)


@dataclass(slots=True)
class _Property:
    value: str
    parameters: Parameters = field(default_factory=Parameters)

    def parameter(self, name: str) -> str:
        found = self.parameters.get(name, "")
        return str(found if isinstance(found, str) else ", ".join(found)).strip()


type _Event = dict[str, list[_Property]]


def read(data: bytes, *, zone: ZoneInfo) -> Programme:
    """Read a calendar file. Refuses `broken` (no calendar, cut off) and `too-large`."""
    if data.count(b"\n") + data.count(b"\r") > 2 * MAX_LINES:
        raise refusal(_("The file has more than %(n)s lines") % {"n": MAX_LINES}, code="too-large")
    programme = Programme()
    builder = SessionBuilder(programme, zone=zone)
    found = _Reader(builder)
    for number, row in _unfolded(data):
        found.take(row, number=number)
    if found.stack or (not found.events and b"BEGIN:VCALENDAR" not in data[:2000].upper()):
        raise refusal(_("The calendar is cut off: an end is missing"), code="broken")
    uids = Counter(_one(event, "UID") for event in found.events if "RECURRENCE-ID" not in event)
    for count, event in enumerate(found.events, 1):  # at the end: a zone may stand after the events that name it
        is_unique = uids[_one(event, "UID")] == 1
        _take(event, builder=builder, zones=found.zones, count=count, is_unique=is_unique)
    return programme


class _Reader:
    """Takes the lines of a calendar one by one and keeps its events and its zones."""

    def __init__(self, builder: SessionBuilder) -> None:
        self.builder = builder
        self.stack: list[str] = []
        self.events: list[_Event] = []
        self.zones: dict[str, Zone] = {}
        self.zone = Zone()
        self.zone_parts = 0

    def take(self, row: str, *, number: int) -> None:
        match = LINE.fullmatch(row)
        if not match:
            return
        name, value = match[1].upper(), match[3]
        above, inside = ["", "", *self.stack][-2:]
        if name == "BEGIN":
            self._begin(value.strip().upper()[:20], number=number)
        elif name == "END":
            if not self.stack or self.stack.pop() != value.strip().upper()[:20]:
                raise refusal(_("The calendar is damaged at line %(n)s") % {"n": number}, code="broken")
        elif inside == "VEVENT":
            self.events[-1].setdefault(name, []).append(_Property(value, _parameters(match[2])))
        elif inside == "VTIMEZONE" and name == "TZID":
            self.zones[value.strip()] = self.zone
        elif above == "VTIMEZONE" and self.zone.parts:
            self.zone.add(name, value)
        elif self.stack == ["VCALENDAR"] and name == "PRODID":
            self.builder.programme.is_ours = self.builder.programme.has_plain_texts = value == PRODID
        elif self.stack == ["VCALENDAR"] and name in {"NAME", "X-WR-CALNAME"}:
            self.builder.programme.title = line(unescape_backslash(value), most=120)
        elif self.stack == ["VCALENDAR"] and name == "X-WR-TIMEZONE":
            self.builder.use_zone(value)

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


def _unfolded(data: bytes) -> Iterator[tuple[int, str]]:
    """The lines of a calendar with their numbers; one that begins with a blank goes on the one before, byte for byte: a
    character may be torn between the two."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        data = decoded(data).encode()
    rows: list[bytearray] = []
    numbers: list[int] = []
    for number, row in enumerate(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"), 1):
        if row[:1] in {b" ", b"\t"} and rows:
            rows[-1] += row[1:]
        elif row.strip():
            rows.append(bytearray(row))
            numbers.append(number)
    return zip(numbers, clean(decoded(b"\n".join(rows))).split("\n"), strict=False)


def _parameters(text: str) -> Parameters:
    try:
        return Parameters.from_ical(text[1:MAX_PARAMETERS]) if text else Parameters()
    except ValueError:
        return Parameters()


def _one(event: _Event, name: str) -> str:
    return str(unescape_backslash(event[name][0].value)) if name in event else ""


def _take(event: _Event, *, builder: SessionBuilder, zones: dict[str, Zone], count: int, is_unique: bool) -> None:
    uid = line(_one(event, "UID"), most=150)
    where = _("event %(id)s, line %(n)s") % {"id": (uid or f"#{count}")[:60], "n": event["line"][0].value}
    programme = builder.programme
    text = _one(event, "DESCRIPTION") if "DESCRIPTION" in event or not programme.is_ours else ""
    raw = RawEvent(where=where, identity=uid)
    for name, cell in (("title", "SUMMARY"), ("duration", "DURATION"), ("room", "LOCATION")):
        raw.cells[name] = _one(event, cell)
    code, host = uid.replace("@", ".").partition(".")[0], uid.rpartition("@")[2]
    is_our_uid = programme.is_ours or host == calendar_files.host() or host.endswith(OUR_FIRST_UID)
    if is_our_uid and stable_identities.CODE_FORM.fullmatch(code):
        raw.code = code
    if programme.is_ours:
        text = text.removesuffix(_one(event, "URL")).removesuffix("\n\n")
    else:
        raw.told_people = {"": told} if (told := _told_people(event, text)) else {}
        raw.links = [Link("", url) for url in [_one(event, "URL")] if url]
    try:
        for name, cell in (("date", "DTSTART"), ("end", "DTEND")):
            raw.cells[name] = _moment(event.get(cell, []), builder=builder, zones=zones)
    except ValidationError as fault:
        programme.unusable(where, " ".join(fault.messages))
        return
    raw.cells["description"] = text
    if "RRULE" in event or "RDATE" in event:
        programme.note(where, _("It repeats: only the first is taken"))
    if uid and ("RECURRENCE-ID" in event or not is_unique):  # of several with one UID the start tells which
        told = event.get("RECURRENCE-ID") or event.get("DTSTART") or [_Property("")]
        raw.identity = f"{uid}#{told[0].value.strip()}"
    talk = builder.take(raw)
    if talk is not None:
        sequence = _one(event, "SEQUENCE").strip()
        talk.sequence = int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 6 else None
        talk.is_cancelled = _one(event, "STATUS").strip().upper() == "CANCELLED"
        _sort(talk, event.get("CATEGORIES", []), is_ours=programme.is_ours)


def _told_people(event: _Event, text: str) -> str | list[str]:
    """Who speaks: the attendees with a name, else those whom the description names after “Speakers:”."""
    attendees = event.get("ATTENDEE", [])
    names = [one.parameter("CN") for one in attendees if one.parameter("CUTYPE").upper() not in NO_PERSON]
    if found := [name for name in names if name and "@" not in name]:
        return found
    told = SPEAKERS.search(text)
    return (told[1] or re.sub(r"\n[-*•\s]*", ";", told[2].strip(" -*•\n"))) if told else ""


def _sort(talk: Talk, rows: list[_Property], *, is_ours: bool) -> None:
    """Ours name the type, then the track, then the Action Lines. Of others, the plan finds out what they are."""
    words = [word.strip() for row in rows for word in split_on_unescaped_comma(row.value)]
    talk.categories = [word for word in words if word]
    if is_ours and talk.categories:
        talk.type, *talk.categories = talk.categories


def _moment(found: list[_Property], *, builder: SessionBuilder, zones: dict[str, Zone]) -> str:
    """A DTSTART or DTEND as text that the builder reads. Refuses whole days and zones that are not known."""
    if not found:
        return ""
    value, name = found[0].value.strip(), found[0].parameter("TZID")
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
        builder.programme.zone = builder.programme.zone or found_zone.key
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
