"""From the words of a file to its sessions: what every reader does with the raw cells of an event."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from datetime import date as Date
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.exchange.readers import texts
from events.exchange.readers.records import BIOGRAPHY_LIMIT, MAX_SESSIONS, Programme, ReadSpeaker, Talk, refusal
from events.models.time_zones import is_zone, to_moment, zone_of
from events.shared.formatting.plain_text import clean, line
from events.shared.tables import cells, dates, stable_identities

MAX_TAGS = 500_000
LONGEST_NIGHT = timedelta(hours=12)  # from a start to an end on the clock alone: what ends earlier has a wrong end
LONGEST = timedelta(days=2)  # events.shared.pages.page_expiry looks back so far
TITLE_LIMIT, NAME_LIMIT, PEOPLE_LIMIT = 250, 150, 4000
RECORDING_TITLES = ("recording", "video recording")
EDGES = re.compile(r"^[\s:：,;/|–—()-]+|[\s:：,;/|–—(-]+$|\(\s*\)")
BROADCAST_TITLES = ("broadcast", "live stream", "livestream")


class FileLink(NamedTuple):
    title: str
    url: str

    def is_called(self, titles: tuple[str, ...]) -> bool:
        return self.title.strip().casefold().startswith(titles)


@dataclass(slots=True)
class FileDay:
    """A day of a file: a time before `starts` on it belongs to the night after, where the day `ends` on the next date.

    `change`: the hour at which days change in a file whose days have neither.
    """

    date: Date | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    change: time | None = None

    def shift(self, clock: time) -> timedelta:
        begins = self.change
        if self.starts and self.ends and self.date:
            begins = self.starts.time() if self.ends.date() > self.date else None
        return timedelta(days=1 if begins and clock < begins else 0)


CELLS = (
    *("title", "subtitle", "abstract", "description", "date", "start", "end", "duration", "room", "track", "type"),
    "language",
)


@dataclass(slots=True)
class RawEvent:
    """One event as it stands in a file. `cells`: its texts by their names in CELLS, as far as the format has such a cell."""

    where: str
    identity: str = ""
    guid: str = ""
    code: str = ""
    cells: dict[str, str] = field(default_factory=dict)
    day: FileDay = field(default_factory=FileDay)
    persons: list[ReadSpeaker] | None = None
    # A text that names who speaks, or the name of each, by the role that they have where none stands beside the name.
    told_people: dict[str, str | list[str]] = field(default_factory=dict)
    links: list[FileLink] = field(default_factory=list)
    meeting: str = ""  # the address of its meeting
    recordings: list[str] = field(default_factory=list)


class SessionBuilder:
    """Fills a programme with sessions, and reports what it cannot use.

    `zone`: for times that name none. Where the file or a line names one that is not known, such times are not used.
    """

    def __init__(self, programme: Programme, *, zone: ZoneInfo) -> None:
        self.programme = programme
        self.zone = self._usual_zone = zone
        self._unknown_zone = ""
        self._told: set[str] = set()
        self._tags = 0
        self._system = ""
        self._seen: set[str] = set()
        self._numbers: set[int] = set()
        self._untitled: Counter[str] = Counter()

    def use_zone(self, name: str) -> None:
        """Take the zone that the file, or a line of it, names; "" is the usual one: the file's first, else the forum's."""
        found = zone_of(name) if name.strip() else ZoneInfo(self.programme.zone) if self.programme.zone else None
        self._unknown_zone = name.strip()[:64] if name.strip() and not found else ""
        self.zone = found or self._usual_zone
        if self._unknown_zone and self._unknown_zone not in self._told:
            self._told.add(self._unknown_zone)
            self.programme.note("", _("The time zone “%(name)s” is not known") % {"name": self._unknown_zone})
        elif found and is_zone(found.key):
            self.programme.zone = self.programme.zone or found.key

    def come_from(self, address: str) -> None:
        """Take the system that a file names as its own, the first time."""
        self._system = self._system or (urlsplit(texts.address(address)).hostname or "")

    def person(self, name: str, *, guid: str, number: str) -> ReadSpeaker:
        """Somebody who speaks, with the identity that the file gives."""
        name = line(name, most=NAME_LIMIT)
        return ReadSpeaker(
            name, stable_identities.person_origin(guid=guid, number=number, name=name, system=self._system)
        )

    def take(self, raw: RawEvent) -> Talk | None:
        """Add the session of an event; None where it cannot be used (the programme says why)."""
        if len(self.programme.talks) >= MAX_SESSIONS:
            raise refusal(_("The file has more than %(n)s sessions") % {"n": MAX_SESSIONS}, code="too-many-sessions")
        try:
            title = self._title(raw)
            written = self._written(raw)
            starts, ends = self._times(raw, written=written)
            origin = self._origin(raw, title=title)
        except ValidationError as fault:
            self.programme.unusable(raw.where, " ".join(fault.messages), columns=getattr(fault, "columns", ()))
            return None
        talk = Talk(where=raw.where, title=title, origin=origin, starts=starts, ends=ends)
        talk.offset = self._offset(written, starts=starts)
        talk.number = self._number(raw)
        talk.code = raw.code if stable_identities.CODE_FORM.fullmatch(raw.code) else ""
        self._address_of_room(raw)
        for name in ("room", "track", "type"):
            if name in raw.cells:
                setattr(talk, name, line(raw.cells[name], most=250))
        talk.languages = cells.languages(raw.cells["language"]) if "language" in raw.cells else None
        talk.persons = None if raw.persons is None else self._persons(raw.persons, where=raw.where)
        if told := self._told_people(raw):
            self.programme.told_people.append((talk, told))
        self._texts(talk, raw)
        self.programme.talks.append(talk)
        return talk

    def _address_of_room(self, raw: RawEvent) -> None:
        """Take the address of a meeting out of the cell of the room; what else says that it is online is no room then."""
        text = raw.cells.get("room", "")
        if found := texts.HTTP.search(text):
            rest = EDGES.sub("", text[: found.start()] + text[found.end() :])
            raw.cells["room"] = "" if cells.meaning(rest, "online", "nothing") else rest
            url = found[0].rstrip(".,;)")
            if raw.meeting and raw.meeting != url:
                words = _("“%(url)s” is the room of a session with another address of its meeting: left out")
                self.programme.note(raw.where, words % {"url": url[:80]})
            raw.meeting = raw.meeting or url

    def _title(self, raw: RawEvent) -> str:
        title = line(raw.cells.get("title", ""), most=10_000)
        if not title:
            raise _unusable(_("It has no title"), "title")
        if len(title) > TITLE_LIMIT:
            self.programme.note(raw.where, _("The title is cut after %(n)s characters") % {"n": TITLE_LIMIT})
        return title[:TITLE_LIMIT].rstrip()

    def _told_people(self, raw: RawEvent) -> dict[str, str | list[str]]:
        """What it says of its people. A text that is too long for names, such as after a quote that is never closed, says nothing."""
        told = raw.told_people.items()
        found = {role: text for role, text in told if isinstance(text, list) or len(text) <= PEOPLE_LIMIT}
        if found != raw.told_people:
            words = _("Its people are left out: the text that names them has more than %(n)s characters")
            self.programme.note(raw.where, words % {"n": PEOPLE_LIMIT})
        return found

    # --- identity ------------------------------------------------------------------------------
    def _origin(self, raw: RawEvent, *, title: str) -> str:
        """The identity in the file, else one made from the title; each stands in it once."""
        origin = line(raw.guid, most=200) or line(raw.code, most=200) or line(raw.identity, most=200)
        if not origin:
            self._untitled[title] += 1
            origin = f"title:{title[:180]}#{self._untitled[title]}"
        origin = str(stable_identities.parsed(origin) or origin)
        if origin in self._seen:
            raise _unusable(_("Its identity “%(id)s” stands in the file already") % {"id": origin[:60]})
        self._seen.add(origin)
        return origin

    def _number(self, raw: RawEvent) -> int | None:
        text = raw.identity.strip()
        if not stable_identities.is_number(text):
            return None
        number = int(text)
        if number in self._numbers:
            self.programme.note(raw.where, _("The number %(n)s stands in the file already") % {"n": number})
            return None
        self._numbers.add(number)
        return number

    # --- times ---------------------------------------------------------------------------------
    def _times(self, raw: RawEvent, *, written: datetime | None) -> tuple[datetime, datetime] | tuple[None, None]:
        """Start and end; a pair of None without a date. Refuses what makes no session."""
        end, duration = raw.cells.get("end", ""), raw.cells.get("duration", "")
        if written is None:
            start = raw.cells.get("start", "")
            words = f"{raw.cells.get('date', '')} {start}".strip()
            if words and not cells.meaning(start, "nothing"):
                raise _unusable(_("“%(text)s” is no date and time") % {"text": words[:40]}, "starts", "date")
            self.programme.note(raw.where, _("It has no time: it is taken without one"))
            return None, None
        starts, ends = self.aware(written), self._end(end, duration, written=written)
        if ends is None:
            wrong = _("“%(text)s” is no end or duration") % {"text": (end or duration)[:40]}
            raise _unusable(wrong if end or duration else _("It has no end and no duration"), "ends", "duration")
        if ends == starts:
            raise _unusable(_("Its duration is zero"), "ends", "duration")
        if ends < starts:
            raise _unusable(_("It ends before it starts"), "ends", "duration")
        if ends - starts > LONGEST:
            raise _unusable(_("It lasts longer than two days"), "ends", "duration")
        return starts, ends

    def _written(self, raw: RawEvent) -> datetime | None:
        """The start as the file writes it, with its offset where it has one."""
        date, start = raw.cells.get("date", ""), raw.cells.get("start", "")
        if found := dates.moment(date) or dates.moment(start):
            return found
        clock = dates.clock(start)
        date_part = dates.day(date) or raw.day.date
        if clock is None or date_part is None:
            return None
        return datetime.combine(date_part, clock) + raw.day.shift(clock)

    def _end(self, end: str, duration: str, *, written: datetime) -> datetime | None:
        if found := dates.moment(end):
            return self.aware(found)
        if clock := dates.clock(end):  # on the clock that the start is written on
            ends = datetime.combine(written.date(), clock, tzinfo=written.tzinfo)
            ends = ends if ends >= written else ends + timedelta(days=1)
            if ends - written > LONGEST_NIGHT:
                raise _unusable(_("It ends before it starts"), "ends", "duration")
            return self.aware(ends)
        length = dates.duration(duration)
        return None if length is None else self.aware(written) + length

    def aware(self, found: datetime) -> datetime:
        """A moment in UTC. Refuses local times that do not exist, or exist twice (events.models.time_zones), or in no known zone."""
        if found.tzinfo:
            return found.astimezone(UTC)
        if self._unknown_zone:
            raise ValidationError(
                _("Its time zone “%(name)s” is not known") % {"name": self._unknown_zone}, code="unknown-zone"
            )
        return to_moment(found, zone=self.zone)

    def _offset(self, written: datetime | None, *, starts: datetime | None) -> timedelta | None:
        """How far the clock of the start is from UTC, where the file says so itself, or by a zone that no forum has."""
        if starts is None or written is None or (not written.tzinfo and is_zone(self.zone.key)):
            return None
        return written.utcoffset() if written.tzinfo else starts.astimezone(self.zone).utcoffset()

    # --- texts ---------------------------------------------------------------------------------
    def _texts(self, talk: Talk, raw: RawEvent) -> None:
        found = [link for link in raw.links if link.url]
        recordings = [*raw.recordings, *(link.url for link in found if link.is_called(RECORDING_TITLES))]
        talk.meeting_url = texts.address(raw.meeting) or None
        talk.recording_url = _first_secure(recordings)  # where there is none, the forum keeps its own
        talk.broadcast_url = _first_secure(link.url for link in found if link.is_called(BROADCAST_TITLES))
        if self.programme.is_ours:
            talk.description = clean(raw.cells["description"]) if "description" in raw.cells else None
            return
        parts = [self._markdown(raw.cells.get(name, "")) for name in ("abstract", "description")]
        if parts[0] == parts[1]:
            parts.pop()
        if subtitle := line(raw.cells.get("subtitle", ""), most=300):
            parts.insert(0, f"**{texts.escaped(subtitle)}**")
        if rest := [link for link in found if not link.is_called(RECORDING_TITLES + BROADCAST_TITLES)]:
            parts.append(self._links(rest, where=raw.where))
        text = "\n\n".join(part for part in parts if part)
        talk.has_no_text = not raw.cells.keys() & {"description", "abstract"}
        talk.description = None if talk.has_no_text and not text else text

    def _markdown(self, text: str) -> str:
        """A text as Markdown. Refuses `too-large`: tags of all texts together that would take minutes to read."""
        self._tags += text.count("<")
        if self._tags > MAX_TAGS:
            raise refusal(_("The file has too many parts, or nests them too deeply"), code="too-large")
        return texts.markdown(text)

    def _links(self, links: Iterable[FileLink], *, where: str) -> str:
        rows = []
        for link in links:
            url = texts.address(link.url)
            if not url:
                self.programme.note(where, _("“%(url)s” is no web address: left out") % {"url": link.url[:80]})
                continue
            title = texts.escaped(line(link.title, most=200)) or texts.escaped(url)
            rows.append(f"- [{title}](<{url}>)")
        return "\n".join(rows)

    def _persons(self, persons: Iterable[ReadSpeaker], *, where: str) -> list[ReadSpeaker]:
        kept: dict[str, ReadSpeaker] = {}
        for person in persons:
            person.name = line(person.name, most=NAME_LIMIT)
            if not person.name:
                self.programme.note(where, _("A person without a name is left out"))
                continue
            if not self.programme.is_ours:
                person.biography = self._markdown(person.biography)
            if len(person.biography) > BIOGRAPHY_LIMIT:
                words = _("The biography of %(name)s is cut after %(n)s characters")
                self.programme.note(where, words % {"name": person.name, "n": BIOGRAPHY_LIMIT})
            kept.setdefault(person.origin or f"name:{person.name}", person)
        return list(kept.values())


def _unusable(text: str, *columns: str) -> ValidationError:
    """Why an event makes no session: the programme tells it, and the next one is read. `columns`: of a table, the first that
    it has is the one in which it stands."""
    refused = ValidationError(text, code="unusable")
    refused.columns = columns  # type: ignore[attr-defined]
    return refused


def _first_secure(addresses: Iterable[str]) -> str | None:
    return next(filter(None, map(texts.secure, addresses)), None)


def bounded(text: str) -> Date | None:
    """A date of the conference, which may be written with a time."""
    found = dates.moment(text)
    return found.date() if found else dates.day(text)
