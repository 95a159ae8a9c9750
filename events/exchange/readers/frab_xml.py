"""frab's schedule.xml, read: no DTD, no entity, nothing from elsewhere, a limit on all that grows."""

from html import escape
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.exchange.readers.records import Programme, ReadSpeaker, refusal
from events.exchange.readers.session_builder import CELLS, FileDay, FileLink, RawEvent, SessionBuilder, bounded
from events.models import Room
from events.shared.formatting.plain_text import line
from events.shared.tables import dates

CHUNK = 65_536
MAX_ELEMENTS, MAX_DEPTH, MAX_TEXT = 500_000, 40, 200_000
GENERATOR = "WSIS Forum"
MARKED = {"abstract", "description"}
ATTRIBUTES = frozenset({"id", "guid", "code", "name", "href", "date", "start", "end", "system"})


class _ScheduleReader:
    """Builds the conference and each event out of the parser's events, and hands them on as they end.

    Nothing else stays in memory. An event may stand anywhere: it is of the day that began last, in the room around it.
    """

    def __init__(self, builder: SessionBuilder) -> None:
        self.sessions, self.tree = builder, TreeBuilder()
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.path: list[Element] = []
        self.whole: Element | None = None  # the conference or event that is being read …
        self.line = 0  # … and the line on which it starts
        self.elements = self.events = self.length = 0
        self.day, self.day_change, self.room = FileDay(), dates.clock(""), ""

    def read(self, data: bytes) -> None:
        for at in range(0, len(data), CHUNK):
            self.parser.Parse(data[at : at + CHUNK], False)
        self.parser.Parse(b"", True)

    # --- the parser's events -------------------------------------------------------------------
    def _doctype(self, *_arguments: Any) -> None:
        raise refusal(
            _("The file declares a document type or entities. Such files are not read: take the declaration out"),
            code="doctype",
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > MAX_ELEMENTS or len(self.path) >= MAX_DEPTH:
            raise refusal(_("The file has too many parts, or nests them too deeply"), code="too-large")
        if self.elements == 1 and name != "schedule":
            raise refusal(_("This XML is no schedule: its first element is <%s>") % name[:40], code="no-schedule")
        if self._is_around_a_text():
            self.length = 0
        element = self.tree.start(name, {key: attributes[key] for key in ATTRIBUTES & attributes.keys()})
        self.path.append(element)
        if self.whole is None:
            self._start_outside(element)

    def _end(self, name: str) -> None:
        element = self.tree.end(name)
        self.path.pop()
        if self._is_around_a_text():
            self.length = 0
        if element is self.whole:
            self.whole = None
            (self._take if name == "event" else self._conference)(element)
        elif self.whole is None and name == "room":
            self.room = ""
        if self.whole is None:
            element.clear()

    def _text(self, data: str) -> None:
        self.length += len(data)
        if self.length > MAX_TEXT:
            raise refusal(
                _("Line %(n)s: a text is longer than %(most)s characters")
                % {"n": self.parser.CurrentLineNumber, "most": MAX_TEXT},
                code="too-large",
            )
        self.tree.data(data)

    def _is_around_a_text(self) -> bool:
        """Whether what begins or ends here is no tag inside a text: the limit is that of a whole text."""
        return self.whole is None or self.path[-1] is self.whole

    # --- what they mean ------------------------------------------------------------------------
    def _start_outside(self, element: Element) -> None:
        programme = self.sessions.programme
        if element.tag in {"conference", "event"}:
            self.whole, self.line = element, self.parser.CurrentLineNumber
        elif element.tag == "day":
            starts, ends = (dates.moment(element.get(name, "")) for name in ("start", "end"))
            self.day = FileDay(
                date=dates.day(element.get("date", "")), starts=starts, ends=ends, change=self.day_change
            )
        elif element.tag == "room":
            self.room = element.get("name", "")
            programme.rooms.setdefault(line(self.room, most=250), Room(is_virtual=False))
        elif element.tag == "generator":
            programme.is_ours = element.get("name") == GENERATOR
            self.sessions.come_from(element.get("system", ""))

    def _conference(self, found: Element) -> None:
        programme = self.sessions.programme
        programme.title = line(found.findtext("title", ""), most=120)
        programme.starts, programme.ends = bounded(found.findtext("start", "")), bounded(found.findtext("end", ""))
        programme.tracks = [line(track.get("name", ""), most=250) for track in found.iterfind("track")]
        self.day_change = dates.clock(found.findtext("day_change", ""))
        self.sessions.use_zone(found.findtext("time_zone_name", ""))
        self.sessions.come_from(found.findtext("base_url", ""))

    def _take(self, event: Element) -> None:
        self.events += 1
        number, guid, code = (event.get(name, "") for name in ("id", "guid", "code"))
        name = (number or guid or code or f"#{self.events}")[:60]
        where = _("event %(id)s, line %(n)s") % {"id": name, "n": self.line}
        raw = RawEvent(where=where, identity=number, guid=guid, code=code, day=self.day)
        for cell in event:
            if cell.tag in CELLS:
                raw.cells[cell.tag] = _marked(cell) if cell.tag in MARKED else _words(cell)
        people = [_person(person, builder=self.sessions) for person in event.iter("person")]
        if people or event.find("persons") is not None:  # else the file does not say who speaks
            raw.persons = people
        if not raw.cells.get("room", "").strip():
            raw.cells["room"] = self.room
        attachments = [] if self.sessions.programme.is_ours else event.iter("attachment")
        raw.links = [
            FileLink(_words(link), link.get("href", "")) for link in [*event.iterfind("links/link"), *attachments]
        ]
        recordings = [one for one in event.iterfind("recording/*") if one.tag in {"url", "link"}]
        raw.recordings = [_words(one) for one in [*recordings, *event.iterfind("video_download_url")]]
        self.sessions.take(raw)


def read(data: bytes, *, zone: ZoneInfo) -> Programme:
    """Read a schedule.xml. Refuses `broken` (not XML, cut off), `doctype`, `too-large`, `no-schedule`."""
    if data.count(b"<") > 2 * MAX_ELEMENTS:  # an element has one or two; a large file is refused before it is read
        raise refusal(_("The file has too many parts, or nests them too deeply"), code="too-large")
    programme = Programme(has_one_language=True)
    try:
        _ScheduleReader(SessionBuilder(programme, zone=zone)).read(data)
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
    return programme


def _person(found: Element, *, builder: SessionBuilder) -> ReadSpeaker:
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
