"""iCalendar, of any program, read. The values of the lines are icalendar's; see `calendar_zones` for why no more is."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from icalendar.parser import split_on_unescaped_comma, unescape_backslash
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from events.exchange.readers.calendar_lines import (
    LINE,
    SHORT,
    Event,
    Property,
    is_endless,
    parameters_of,
    starts_of,
    unfolded,
    value_of,
)
from events.exchange.readers.calendar_zones import Zone
from events.exchange.readers.records import Programme, Talk, refusal
from events.exchange.readers.session_builder import FileLink, RawEvent, SessionBuilder
from events.models.time_zones import is_zone, zone_of
from events.shared.formatting import calendar_files
from events.shared.formatting.calendar_files import PRODID
from events.shared.formatting.plain_text import line
from events.shared.tables import dates, stable_identities
from events.shared.tables.answers import Answers

MAX_LINES, MAX_ZONE_PARTS = 500_000, 3_000
MAX_WHOLE_DAYS, MAX_DAYS_OF_RULES = 60, 500_000  # of one event, of all rules together
OUR_FIRST_UID = ".wsis-forum"  # what stood behind the @ before the host of the site did
MEETINGS = (
    "CONFERENCE",
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGCONFLINK",
)
NO_PERSON = {"ROOM", "RESOURCE", "GROUP"}
# “Speakers: Ada, Grace”, or a line with the word alone and one name in each of the next.
WORDS = (
    r"(?:speaker|presenter|panell?ist|intervenant|orateur|conf[ée]rencier|ponente|orador|palestrante|referent|vortragende)"
    r"(?:s|e|es|r|en|in|innen|a|as|\(s\))?|докладчики?|спикеры?|выступающие|演讲人|演讲者|发言人|报告人|讲者|講演者|登壇者|발표자|연사"
    r"|المتحدث(?:ون|ين)?|المتكلم(?:ون|ين)?"
)
SPEAKERS = re.compile(
    rf"^[^\w\n]*(?:{WORDS})\s*[:：][ \t]*(?:([^\n]+)|\n((?:[^\n]+\n?)+))", re.IGNORECASE | re.MULTILINE
)


def read(data: bytes, *, zone: ZoneInfo, days: tuple[date, date] | None, answers: Answers) -> Programme:
    """Read a calendar file. `days`: the forum's first and last, inside which events repeat; None: those of the file. Refuses `broken`
    (no calendar, cut off), `too-large`, and what `code_pages.decoded` does."""
    if data.count(b"\n") + data.count(b"\r") > 2 * MAX_LINES:
        raise refusal(_("The file has more than %(n)s lines") % {"n": MAX_LINES}, code="too-large")
    programme = Programme()
    builder = SessionBuilder(programme, zone=zone)
    found = _Reader(builder)
    for number, row in unfolded(data, answers=answers):
        found.take(row, number=number)
    if found.stack or (not found.events and b"BEGIN:VCALENDAR" not in data[:2000].upper()):
        raise refusal(_("The calendar is cut off: an end is missing"), code="broken")
    unfolding = _Unfolding(found, days=days)
    # At the end: zones may stand after the events.
    for event, identity in zip(found.events, _identities(found.events), strict=True):
        _take(event, identity=identity, unfolding=unfolding)
    return programme


def _identities(events: list[Event]) -> list[str]:
    """The UID of each event; of several with one UID, start, room and title tell which, as far as they have to."""
    uids = [line(value_of(event, "UID"), most=150) for event in events]
    counts = Counter(uid for event, uid in zip(events, uids, strict=True) if "RECURRENCE-ID" not in event)
    found = []
    for event, uid in zip(events, uids, strict=True):
        told = event.get("RECURRENCE-ID") or event.get("DTSTART") or [Property("")]
        is_one = "RECURRENCE-ID" not in event and counts[uid] == 1
        found.append(uid if is_one or not uid else f"{uid}#{told[0].value.strip()}")
    for name in ("LOCATION", "SUMMARY"):
        counts = Counter(found)
        more = [f"@{line(value_of(event, name), most=60)}" for event in events]
        found = [f"{key}{told}" if key and counts[key] > 1 else key for key, told in zip(found, more, strict=True)]
    return found


class _Reader:
    """Takes the lines of a calendar one by one and keeps its events and its zones."""

    def __init__(self, builder: SessionBuilder) -> None:
        self.builder = builder
        self.stack: list[str] = []
        self.events: list[Event] = []
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
            self.events[-1].setdefault(name, []).append(Property(value, parameters_of(match[2])))
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
            self.events.append({"line": [Property(str(number))]})
        elif kind == "VTIMEZONE":
            self.zone = Zone()
        elif self.stack[-1:] == ["VTIMEZONE"]:
            self.zone.parts.append({})
            self.zone_parts += 1
        self.stack.append(kind)
        if len(self.stack) > 10 or self.zone_parts > MAX_ZONE_PARTS:
            raise refusal(_("The file has too many parts, or nests them too deeply"), code="too-large")


def _take(event: Event, *, identity: str, unfolding: "_Unfolding") -> None:
    builder = unfolding.builder
    uid = line(value_of(event, "UID"), most=150)
    where = _("event %(id)s, line %(n)s") % {
        "id": (uid or value_of(event, "SUMMARY"))[:60],
        "n": event["line"][0].value,
    }
    try:
        times = unfolding.times(event, where=where)
    except ValidationError as fault:
        builder.programme.unusable(where, " ".join(fault.messages))
        return
    for cells, mark in times:
        raw = _raw(event, where=where, programme=builder.programme)
        raw.identity = f"{identity}{mark}" if identity else ""
        raw.cells |= cells
        raw.code = "" if mark else raw.code  # else it would be the first one again
        talk = builder.take(raw)
        if talk is not None:
            sequence = value_of(event, "SEQUENCE").strip()
            is_number = sequence.isascii() and sequence.isdigit() and len(sequence) < 6
            talk.sequence = int(sequence) if is_number else None
            talk.is_cancelled = value_of(event, "STATUS").strip().upper() == "CANCELLED"
            _sort(talk, event.get("CATEGORIES", []), is_ours=builder.programme.is_ours)


def _raw(event: Event, *, where: str, programme: Programme) -> RawEvent:
    """What an event says, but when it is."""
    text = value_of(event, "DESCRIPTION") if "DESCRIPTION" in event or not programme.is_ours else ""
    raw = RawEvent(where=where, cells={"title": value_of(event, "SUMMARY"), "room": value_of(event, "LOCATION")})
    uid = line(value_of(event, "UID"), most=150)
    code, host = uid.replace("@", ".").partition(".")[0], uid.rpartition("@")[2]
    is_our_uid = programme.is_ours or host == calendar_files.host() or host.endswith(OUR_FIRST_UID)
    if is_our_uid and stable_identities.CODE_FORM.fullmatch(code):
        raw.code = code
    if programme.is_ours:
        before, url, _more = f"\n\n{text}".rpartition(f"\n\n{value_of(event, 'URL')}")
        text = before.removeprefix("\n\n") if url.strip() else text
    else:
        raw.told_people = {"": told} if (told := _told_people(event, text)) else {}
        if isinstance(told, list) and (nameless := [one.value for one in _attendees(event) if not _is_named(one)]):
            words = _("Attendees without a name are left out: %(addresses)s")
            programme.note(where, words % {"addresses": line(", ".join(nameless), most=200)})
        if "THISANDFUTURE" in "".join(one.parameter("RANGE") for one in event.get("RECURRENCE-ID", [])).upper():
            programme.note(where, _("It changes all later repetitions too: only this one is changed"))
        raw.links = [FileLink("", url) for url in [value_of(event, "URL")] if url]
        raw.meeting = next(filter(None, (value_of(event, name).strip() for name in MEETINGS)), "")
    raw.cells["description"] = text
    return raw


def _told_people(event: Event, text: str) -> str | list[str]:
    """Who speaks: those whom the description names after “Speakers:”, else the attendees with a name who have not declined."""
    if told := SPEAKERS.search(text):
        return told[1] or re.sub(r"\n[-*•\s]*", ";", told[2].strip(" -*•\n"))
    return [one.parameter("CN") for one in _attendees(event) if _is_named(one)]


def _attendees(event: Event) -> list[Property]:
    people = (one for one in event.get("ATTENDEE", []) if one.parameter("CUTYPE").upper() not in NO_PERSON)
    return [one for one in people if one.parameter("PARTSTAT").upper() != "DECLINED"]


def _is_named(attendee: Property) -> bool:
    return bool(attendee.parameter("CN")) and "@" not in attendee.parameter("CN")


def _sort(talk: Talk, rows: list[Property], *, is_ours: bool) -> None:
    """Ours name the type, then the track, then the Action Lines. Of others, the plan finds out what they are."""
    words = [word.strip() for row in rows for word in split_on_unescaped_comma(row.value)]
    talk.categories = [word for word in words if word]
    if is_ours and talk.categories:
        talk.type, *talk.categories = talk.categories


@dataclass(frozen=True, slots=True)
class _Moment:
    """A time as a calendar writes it: on the clock of a zone ("": of none), or a whole day."""

    local: datetime
    zone: str
    is_day: bool

    def later(self, by: timedelta) -> "_Moment":
        return replace(self, local=self.local + by)

    @property
    def mark(self) -> str:
        day = f"#{self.local:%Y%m%d}"
        return day if self.is_day else f"{day}T{self.local:%H%M%S}{'Z' * (self.zone == 'UTC')}"


def _moments(found: Iterable[Property]) -> list[_Moment]:
    """The times of some properties. Raises ValueError for what is none."""
    moments = []
    for one in found:
        value, name = one.value.strip(), one.parameter("TZID")
        if value.startswith("//"):  # TZID=tzone://Microsoft/Utc:20200623T100000, which should stand in quotes
            path, _colon, value = value.rpartition(":")
            name = f"{name}:{path}"
        for part in filter(None, value.split(",")):
            text = part.strip().partition("/")[0]  # a period begins with its start
            form = "%Y%m%dT%H%M%S" if "T" in text else "%Y%m%d"
            local = datetime.strptime(text.removesuffix("Z"), form)  # noqa: DTZ007  the zone comes later
            if not 1990 <= local.year <= 2100:  # beyond them days cannot be added
                raise ValueError(text)
            moments.append(_Moment(local, "UTC" if text.endswith("Z") else name, "T" not in text))
    return moments


class _Unfolding:
    """When the events of a calendar are: each day of a whole-day event, and each repetition inside some days."""

    def __init__(self, found: _Reader, *, days: tuple[date, date] | None) -> None:
        self.builder, self.zones = found.builder, found.zones
        self.left = MAX_DAYS_OF_RULES
        self.moved: dict[str, set[object]] = defaultdict(set)  # what other events of a UID say of its repetitions
        for event in found.events:
            with suppress(ValueError, ValidationError):
                self.moved[value_of(event, "UID")] |= {
                    self._key(one) for one in _moments(event.get("RECURRENCE-ID", []))
                }
        self.days = days or self._own_days(found.events)

    def _own_days(self, events: Iterable[Event]) -> tuple[date, date] | None:
        """The days of a file for a new forum: those of its events, and a month of each that ends by itself."""
        days, endless = list[date](), list[date]()
        for event in events:
            rules = [one.value for one in event.get("RRULE", [])]
            rules = [] if "RECURRENCE-ID" in event else rules
            with suppress(ValueError, ValidationError):
                first = _moments(event.get("DTSTART", []))[:1]
                if rules and not is_endless(rules) and first:
                    last = first[0].local.date() + SHORT
                    days += [start.date() for start in self._by_rules(rules, first=first[0], last=last)]
                (endless if is_endless(rules) else days).extend(one.local.date() for one in first)
                for end in _moments(event.get("DTEND", [])) if first and first[0].is_day else ():
                    days.append(min(end.local - timedelta(days=1), first[0].local + SHORT).date())
        days = days or endless
        return (min(days), max(days)) if days else None

    def times(self, event: Event, *, where: str) -> list[tuple[dict[str, str], str]]:
        """The cells of date, end and duration for each time of an event, with what its identity gets. Refuses unknown zones."""
        cells = {"duration": value_of(event, "DURATION")}
        try:
            first, end = (next(iter(_moments(event.get(name, [])[:1])), None) for name in ("DTSTART", "DTEND"))
        except ValueError:
            return [(cells | {"date": value_of(event, "DTSTART"), "end": value_of(event, "DTEND")}, "")]
        if first is None:
            return [(cells | {"date": "", "end": value_of(event, "DTEND")}, "")]
        found = []
        for moment in self._starts(event, first=first, where=where):
            if first.is_day:
                for day in self._whole_days(moment, first, end, cells, where=where):
                    ends = {"date": day.local.isoformat(), "end": day.later(timedelta(days=1)).local.isoformat()}
                    found.append((ends, "" if day == first else day.mark))
                continue
            ends = {"end": self._text(end.later(moment.local - first.local))} if end else {}
            found.append(
                (cells | {"end": ""} | {"date": self._text(moment)} | ends, "" if moment == first else moment.mark)
            )
        return found

    def _starts(self, event: Event, *, first: _Moment, where: str) -> list[_Moment]:
        """The first time of an event and those at which it is repeated, without those that others of its UID stand for."""
        rules = [one.value for one in event.get("RRULE", [])]
        if "RECURRENCE-ID" in event or not (rules or "RDATE" in event) or self.days is None:
            return [first]
        programme = self.builder.programme
        try:
            locals_ = self._by_rules(rules, first=first, last=self.days[1])
            left_out = {self._key(one) for one in _moments(event.get("EXDATE", []))} | self.moved[
                value_of(event, "UID")
            ]
            more = [one for one in _moments(event.get("RDATE", [])) if one.is_day == first.is_day]
        except ValueError:
            programme.note(where, _("It repeats in a way that is not understood: only the first is taken"))
            return [first]
        moments = {self._key(one): one for one in [first, *(replace(first, local=local) for local in locals_), *more]}
        kept = [one for key, one in moments.items() if not {key, one.local.date()} & left_out]
        inside = [one for one in kept if self.days[0] <= one.local.date() <= self.days[1]]
        if len(inside) < len(kept) or is_endless(rules) or not inside:
            words = _("It repeats. Inside the forum’s days: %(n)s")
            programme.note(where, words % {"n": len(inside)})
        return sorted(inside, key=lambda one: one.local)

    def _by_rules(self, rules: Iterable[str], *, first: _Moment, last: date) -> list[datetime]:
        found = []
        for rule in rules:
            self.left -= (last - first.local.date()).days
            if self.left < 0:
                raise refusal(_("The file has too many parts, or nests them too deeply"), code="too-large")
            told = re.search(r"UNTIL=([0-9TZ]+)", rule.upper())
            is_near = told and told[1][:4] <= "2100"  # “until 9999” is how some say that it never ends
            until = next(iter(_moments([Property(told[1])])), None) if told and is_near else None
            end = (
                until.local + timedelta(days=1, seconds=-1)
                if until and until.is_day
                else until.local
                if until
                else None
            )
            if until and until.zone and first.zone != "UTC" and (zone := self._zone_of(first)) and end:
                end = end.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
            found += starts_of(rule, first=first.local, last=last, until=end)
        return found

    def _whole_days(
        self, moment: _Moment, first: _Moment, end: _Moment | None, cells: dict[str, str], *, where: str
    ) -> list[_Moment]:
        """Each day of a whole-day event; of a long one those inside the forum's days."""
        length = end.local - first.local if end else dates.duration(cells["duration"]) or timedelta(days=1)
        found = [moment.later(timedelta(days=n)) for n in range(min(max(length.days, 1), MAX_WHOLE_DAYS))]
        inside = [one for one in found if self.days is None or self.days[0] <= one.local.date() <= self.days[1]]
        if len(inside) < length.days:
            self.builder.programme.note(
                where, _("It lasts several days. Inside the forum’s: %(n)s") % {"n": len(inside)}
            )
        return inside or found[:1]

    def _key(self, moment: _Moment) -> object:
        if moment.is_day:
            return moment.local.date()
        zone = self._zone_of(moment)
        return moment.local.replace(tzinfo=zone).astimezone(UTC) if zone else moment.local

    def _zone_of(self, moment: _Moment) -> tzinfo | None:
        """The zone of a time; None where it names none. Refuses one that is not known."""
        if not moment.zone:
            return None
        if moment.zone == "UTC":
            return UTC
        found = _zone(moment.zone, moment.local, zones=self.zones)
        if found is None:
            words = _("Its time zone “%(name)s” is not known") % {"name": moment.zone[:64]}
            raise ValidationError(words, code="unknown-zone")
        return found

    def _text(self, moment: _Moment) -> str:
        """A time as text that the builder reads."""
        zone = self._zone_of(moment)
        if isinstance(zone, ZoneInfo) and is_zone(zone.key):
            self.builder.programme.zone = self.builder.programme.zone or zone.key
        return moment.local.replace(tzinfo=zone).isoformat()


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
