"""frab's schedule.xml, read: no DTD, no entity, nothing from elsewhere, a limit on all that grows."""

from html import escape
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.exchange.readers.records import Person, Programme, refusal
from events.exchange.readers.session_builder import CELLS, Day, Link, RawEvent, SessionBuilder, bounded
from events.formatting.plain_text import line
from events.models import Room
from events.tables import dates

CHUNK = 65_536
MAX_ELEMENTS, MAX_DEPTH, MAX_TEXT = 500_000, 40, 200_000
GENERATOR = "WSIS Forum"
LINE = "line number"  # no attribute of a file can have this name
MARKED = {"abstract", "description"}


class _Tree:
    """Builds the tree of a file out of the parser's events. Each event knows the line on which it starts (LINE)."""

    def __init__(self) -> None:
        self.builder = TreeBuilder()
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.elements = self.depth = self.length = 0

    def read(self, data: bytes) -> Element:
        for at in range(0, len(data), CHUNK):
            self.parser.Parse(data[at : at + CHUNK], False)
        self.parser.Parse(b"", True)
        return self.builder.close()

    def _doctype(self, *_arguments: Any) -> None:
        raise refusal(
            _("The file declares a document type or entities. Such files are not read: take the declaration out"),
            code="doctype",
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements, self.depth, self.length = self.elements + 1, self.depth + 1, 0
        if self.elements > MAX_ELEMENTS or self.depth > MAX_DEPTH:
            raise refusal(_("The file has too many parts, or nests them too deeply"), code="too-large")
        if self.elements == 1 and name != "schedule":
            raise refusal(_("This XML is no schedule: its first element is <%s>") % name[:40], code="no-schedule")
        if name == "event":
            attributes[LINE] = str(self.parser.CurrentLineNumber)
        self.builder.start(name, attributes)

    def _end(self, name: str) -> None:
        self.depth, self.length = self.depth - 1, 0
        self.builder.end(name)

    def _text(self, data: str) -> None:
        self.length += len(data)
        if self.length > MAX_TEXT:
            raise refusal(
                _("Line %(n)s: a text is longer than %(most)s characters")
                % {"n": self.parser.CurrentLineNumber, "most": MAX_TEXT},
                code="too-large",
            )
        self.builder.data(data)


def read(data: bytes, *, zone: ZoneInfo) -> Programme:
    """Read a schedule.xml. Refuses `broken` (not XML, cut off), `doctype`, `too-large`, `no-schedule`."""
    if data.count(b"<") > 2 * MAX_ELEMENTS:  # an element has one or two; a large file is refused before it is read
        raise refusal(_("The file has too many parts, or nests them too deeply"), code="too-large")
    try:
        root = _Tree().read(data)
    except expat.ExpatError as fault:
        raise refusal(
            _("The file is no whole XML: line %(n)s, %(fault)s")
            % {"n": fault.lineno, "fault": expat.ErrorString(fault.code)},
            code="broken",
        ) from None
    except ValidationError:
        raise
    except (ValueError, LookupError) as fault:  # an encoding that Python does not know, or gets wrong
        raise refusal(_("The file cannot be read: %s") % str(fault)[:100], code="broken") from None
    programme = Programme(has_one_language=True)
    builder = SessionBuilder(programme, zone=zone)
    for generator in root.iterfind("generator"):
        programme.is_ours = generator.get("name") == GENERATOR
        builder.come_from(generator.get("system", ""))
    for conference in root.iterfind("conference"):
        _conference(conference, builder=builder)
    change = dates.clock(root.findtext("conference/day_change", ""))
    count = 0
    for found in root.iterfind("day"):
        starts, ends = (dates.moment(found.get(name, "")) for name in ("start", "end"))
        day = Day(date=dates.day(found.get("date", "")), starts=starts, ends=ends, change=change)
        for room in found.iterfind("room"):
            programme.rooms.setdefault(line(room.get("name", ""), most=250), Room(is_virtual=False))
            for event in room.iterfind("event"):
                count += 1
                _take(event, builder=builder, day=day, room=room.get("name", ""), count=count)
    return programme


def _conference(found: Element, *, builder: SessionBuilder) -> None:
    programme = builder.programme
    programme.title = line(found.findtext("title", ""), most=120)
    programme.starts, programme.ends = bounded(found.findtext("start", "")), bounded(found.findtext("end", ""))
    programme.tracks = [line(track.get("name", ""), most=250) for track in found.iterfind("track")]
    builder.use_zone(found.findtext("time_zone_name", ""))
    builder.come_from(found.findtext("base_url", ""))


def _take(event: Element, *, builder: SessionBuilder, day: Day, room: str, count: int) -> None:
    number, guid, code = (event.get(name, "") for name in ("id", "guid", "code"))
    where = _("event %(id)s, line %(n)s") % {"id": (number or guid or code or f"#{count}")[:60], "n": event.get(LINE)}
    raw = RawEvent(where=where, identity=number, guid=guid, code=code, day=day)
    for cell in event:
        if cell.tag in CELLS:
            raw.cells[cell.tag] = _marked(cell) if cell.tag in MARKED else _words(cell)
        elif cell.tag == "persons":
            raw.persons = [_person(person, builder=builder) for person in cell.iterfind("person")]
    if not raw.cells.get("room", "").strip():
        raw.cells["room"] = room
    attachments = [] if builder.programme.is_ours else event.iter("attachment")
    raw.links = [Link(_words(link), link.get("href", "")) for link in [*event.iterfind("links/link"), *attachments]]
    recordings = [one for one in event.iterfind("recording/*") if one.tag in {"url", "link"}]
    raw.recordings = [_words(one) for one in [*recordings, *event.iterfind("video_download_url")]]
    builder.take(raw)


def _person(found: Element, *, builder: SessionBuilder) -> Person:
    guid, number, code = (found.get(name, "").strip() for name in ("guid", "id", "code"))
    return builder.person(_words(found), guid=guid, number=number or code)


def _words(cell: Element) -> str:
    """The words of a cell, without tags that stand in it."""
    return "".join(cell.itertext())


def _marked(cell: Element) -> str:
    """The text of a cell with the tags that stand in it, as other systems write them escaped."""
    parts = [cell.text or ""]
    for child in cell:
        name, href = child.tag.rpartition(":")[2], child.get("href", "")
        start = f'<{name} href="{escape(href)}">' if href else f"<{name}>"
        parts += [start, _marked(child), f"</{name}>", child.tail or ""]
    return "".join(parts)
