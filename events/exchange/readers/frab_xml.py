"""frab's schedule.xml, read as a stream: no DTD, no entity, nothing from elsewhere, a limit on all that grows."""

from datetime import time
from html import escape
from typing import Any
from xml.parsers import expat
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.exchange.readers.records import Person, Programme, refusal
from events.exchange.readers.session_builder import Day, Link, RawEvent, SessionBuilder, bounded
from events.formatting.plain_text import line
from events.models import Room
from events.tables import dates

CHUNK = 65_536
MAX_ELEMENTS, MAX_DEPTH, MAX_TEXT = 500_000, 40, 200_000
GENERATOR = "WSIS Forum"
MARKED = {"abstract", "description"}
ROWS = {"person", "link", "attachment", "video_download_url"}
CELLS = {
    "title", "subtitle", "abstract", "description", "date", "start", "end", "duration", "room", "track", "type",
    "language",
}  # fmt: skip


class _Reader:
    """Takes the parser's events one by one and hands every finished <event> on."""

    def __init__(self, builder: SessionBuilder) -> None:
        self.builder = builder
        self.programme = builder.programme
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.path: list[str] = []
        self.elements = self.events = self.length = 0
        self.words: list[str] = []
        self.attributes: dict[str, str] = {}
        self.day, self.room = Day(), ""
        self.day_change: time | None = None
        self.depth = 0  # of the cell that is being read; 0 for none
        self.raw: RawEvent | None = None

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
        self.path.append(name)
        if self.elements > MAX_ELEMENTS or len(self.path) > MAX_DEPTH:
            raise refusal(_("The file has too many parts, or nests them too deeply"), code="too-large")
        if self.elements == 1 and name != "schedule":
            raise refusal(_("This XML is no schedule: its first element is <%s>") % name[:40], code="no-schedule")
        if self.depth:
            self._markup(name, attributes)
            return
        self.words, self.length, self.attributes = [], 0, attributes
        if self.raw is not None and (name in ROWS or (name in CELLS and self.path[-2] == "event")):
            self.depth = len(self.path)
        elif name == "day":
            self._start_day(attributes)
        elif name == "room" and self.raw is None:
            self.room = attributes.get("name", "")
            self.programme.rooms.setdefault(line(self.room, most=250), Room(is_virtual=False))
        elif name == "track" and self.path[-2:-1] == ["conference"]:
            self.programme.tracks.append(line(attributes.get("name", ""), most=250))
        elif name == "event":
            self._start_event(attributes)
        elif name == "generator":
            self.programme.is_ours = attributes.get("name") == GENERATOR
            self.builder.come_from(attributes.get("system", ""))

    def _text(self, data: str) -> None:
        self.length += len(data)
        if self.length > MAX_TEXT:
            raise refusal(
                _("Line %(n)s: a text is longer than %(most)s characters")
                % {"n": self.parser.CurrentLineNumber, "most": MAX_TEXT},
                code="too-large",
            )
        self.words.append(data)

    def _markup(self, name: str, attributes: dict[str, str]) -> None:
        """A tag inside a text: descriptions keep it, as they would have it escaped; other cells keep its words only."""
        if self.path[self.depth - 1] in MARKED:
            href = attributes.get("href", "")
            name = name.rpartition(":")[2]
            self.words.append(f'<{name} href="{escape(href)}">' if href else f"<{name}>")

    def _end(self, name: str) -> None:
        if len(self.path) > self.depth > 0:
            if self.path[self.depth - 1] in MARKED:
                self.words.append(f"</{name.rpartition(':')[2]}>")
            self.path.pop()
            return
        self.depth = 0
        text = "".join(self.words)
        self.words, self.length = [], 0
        self.path.pop()
        above = self.path[-1] if self.path else ""
        if self.raw is not None:
            self._end_in_event(self.raw, name, text, above)
        elif above == "conference":
            self._end_in_conference(name, text)

    # --- what they mean ------------------------------------------------------------------------
    def _start_day(self, attributes: dict[str, str]) -> None:
        self.day = Day(
            date=dates.day(attributes.get("date", "")),
            starts=dates.moment(attributes.get("start", "")),
            ends=dates.moment(attributes.get("end", "")),
            change=self.day_change,
        )

    def _start_event(self, attributes: dict[str, str]) -> None:
        self.events += 1
        number, guid = attributes.get("id", ""), attributes.get("guid", "")
        where = _("event %(id)s, line %(n)s") % {
            "id": (number or guid or attributes.get("code", "") or f"#{self.events}")[:60],
            "n": self.parser.CurrentLineNumber,
        }
        self.raw = RawEvent(where=where, identity=number, guid=guid, code=attributes.get("code", ""), day=self.day)
        self.raw.room = self.room

    def _end_in_event(self, raw: RawEvent, name: str, text: str, above: str) -> None:
        if name == "event":
            self.raw = None
            self.builder.take(raw)
        elif above == "event" and name in CELLS:
            if name != "room" or text.strip():
                setattr(raw, name, text)
        elif above == "event" and name == "persons":
            raw.persons = raw.persons or []
        elif name == "person":
            raw.persons = [*(raw.persons or []), self._person(text)]
        elif (name == "link" and above == "links") or name == "attachment":
            if name == "link" or not self.programme.is_ours:
                raw.links.append(Link(text, self.attributes.get("href", "")))
        elif above == "recording" or name == "recording":
            raw.recordings = (raw.recordings or []) + ([text] if name in {"url", "link"} else [])
        elif name == "video_download_url":
            raw.recordings = [*(raw.recordings or []), text]

    def _person(self, text: str) -> Person:
        found = self.attributes
        number = found.get("id", "").strip() or found.get("code", "").strip()
        return self.builder.person(text, guid=found.get("guid", "").strip(), number=number)

    def _end_in_conference(self, name: str, text: str) -> None:
        if name == "title":
            self.programme.title = line(text, most=120)
        elif name == "time_zone_name":
            self.builder.use_zone(text)
        elif name == "start":
            self.programme.starts = bounded(text)
        elif name == "end":
            self.programme.ends = bounded(text)
        elif name == "base_url":
            self.builder.come_from(text)
        elif name == "day_change":
            self.day_change = dates.clock(text)


def read(data: bytes, *, zone: ZoneInfo) -> Programme:
    """Read a schedule.xml. Refuses `broken` (not XML, cut off), `doctype`, `too-large`, `no-schedule`."""
    programme = Programme(has_one_language=True)
    try:
        _Reader(SessionBuilder(programme, zone=zone)).read(data)
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
