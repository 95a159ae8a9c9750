"""What was released of a forum, gathered for the files that go out: ten queries at the most, however many sessions."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.text import slugify

from events.models import ActionLine, Appearance, Document, Forum, Release, Room, Session, Track
from events.models.programme import Followable
from events.shared.formatting.names import in_language
from events.shared.pages import absolute_urls
from events.shared.tables import stable_identities

LATE_UNTIL = 4  # o'clock: until then a session may belong to the evening before
LATE_LENGTH, LATE_GAP = timedelta(hours=6), timedelta(hours=2)
UNKNOWN = "000000"

type Row = dict[str, Any]


@dataclass(slots=True)
class ReleasedSpeaker:
    name: str
    guid: uuid.UUID
    number: int
    role: str
    biography: str
    url: str


@dataclass(slots=True)
class Event(Followable):
    """One released session with all that a file may say of it. Times are in the forum's zone."""

    guid: uuid.UUID
    number: int
    code: str
    title: str
    description: str
    type: str
    track: str
    room: str
    starts: datetime
    ends: datetime
    is_cancelled: bool
    languages: list[str]
    captioning: list[str]
    interpretation: list[str]
    recording_url: str
    broadcast_url: str
    sequence: int
    updated: datetime
    url: str
    slug: str
    speakers: list[ReleasedSpeaker] = field(default_factory=list)
    organisers: list[str] = field(default_factory=list)
    action_lines: list[str] = field(default_factory=list)
    line_labels: list[str] = field(default_factory=list)
    sdgs: list[int] = field(default_factory=list)
    documents: list[tuple[str, str]] = field(default_factory=list)

    @property
    def length(self) -> timedelta:
        """How long it lasts, also over a change of clocks."""
        return self.ends.astimezone(UTC) - self.starts.astimezone(UTC)


@dataclass(slots=True)
class TimetableDay:
    """The sessions of a day by room, those of the small hours after it included."""

    date: date
    starts: datetime
    ends: datetime
    rooms: dict[str, list[Event]]


@dataclass(slots=True)
class Timetable:
    forum: Forum
    url: str
    version: str = "0"
    tracks: list[str] = field(default_factory=list)
    rooms: list[Room] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def acronym(self) -> str:
        """The forum's address as frab's schemas want it: four characters at least, no hyphen."""
        name = self.forum.slug.replace("-", "_")
        return name if len(name) >= 4 else f"forum_{name}"

    def held(self) -> list[Event]:
        """Without the cancelled ones, for formats that cannot say so."""
        return [event for event in self.events if not event.is_cancelled]

    def days(self) -> list[TimetableDay]:
        """The sessions by day; one empty day where there are none, because the schemas want one."""
        found: dict[date, list[Event]] = {}
        last_end: dict[date, datetime] = {}
        for event in self.held():
            day = event.starts.date()
            before = day - timedelta(days=1)
            is_short = event.length < LATE_LENGTH
            is_late = is_short and event.starts.hour < LATE_UNTIL and before in last_end
            if is_late and event.starts.astimezone(UTC) - last_end[before] < LATE_GAP:
                day = before
            found.setdefault(day, []).append(event)
            if is_short:
                last_end[day] = max(last_end.get(day, event.ends), event.ends.astimezone(UTC))
        if not found:
            start = datetime.combine(self.forum.starts, datetime.min.time(), tzinfo=self.forum.zone)
            return [TimetableDay(self.forum.starts, start, start + timedelta(days=1), {})]
        return [self._day(day, found[day]) for day in sorted(found)]

    def _day(self, day: date, events: list[Event]) -> TimetableDay:
        names = {event.room for event in events}
        order = [room.name for room in self.rooms if room.name in names]
        rooms: dict[str, list[Event]] = {name: [] for name in [*order, *(names - set(order))]}
        for event in events:
            rooms[event.room].append(event)
        starts = min((event.starts for event in events), key=datetime.timestamp)
        ends = max((event.ends for event in events), key=datetime.timestamp)
        return TimetableDay(day, starts, ends, rooms)


AS_STORED = (
    *("code", "title", "description", "languages", "captioning", "interpretation", "broadcast_url", "sequence"),
    "updated",
)
COLUMNS = (
    *AS_STORED, "pk", "guid", "origin_id", "number", "type__name", "track__name", "room__name", "starts", "ends", "state",
    "recording_url",
)  # fmt: skip


# What each file holds beside the sessions themselves: names of `ADDERS`.
CALENDAR = frozenset({"lines"})
FRAB = frozenset({"frame", "speakers", "documents"})
TABLE = frozenset({"lines", "speakers", "organisers and goals"})


def gather(
    forum: Forum,
    *,
    language: str,
    parts: frozenset[str],
    now: datetime,
    sessions: QuerySet[Session] | None = None,
) -> Timetable:
    """The public sessions of a forum in the order of their start, titles and texts in a language where they have one.

    `sessions`: those of them that are wanted, None for all; `parts`: what else is needed (CALENDAR, FRAB or TABLE). A recording is told from the end of its session on.
    """
    public = Session.objects.public(now).filter(forum=forum)
    rows = list((public if sessions is None else sessions).order_by("starts", "pk").values(*COLUMNS, "translations"))
    for row in rows:
        said = row.pop("translations")
        row |= {
            part: in_language(row[part], said=said, part=part, language=language) for part in ("title", "description")
        }
    table = Timetable(forum, url=absolute_urls.absolute(reverse("events:home", args=[forum.slug])))
    table.events = _events(rows, table=table, now=now)
    events = {row["pk"]: event for row, event in zip(rows, table.events, strict=True)}
    for name, add in ADDERS.items():
        if name in parts:
            add(table, events)
    return table


def _events(rows: list[Row], *, table: Timetable, now: datetime) -> list[Event]:
    zone = table.forum.zone
    page = absolute_urls.absolute(reverse("events:session", args=[table.forum.slug, UNKNOWN]))
    taken: set[int] = set()
    events = []
    for row in rows:
        guid = stable_identities.of_session(row["origin_id"]) if row["origin_id"] else row["guid"]
        number = row["number"]
        if not number or number in taken:
            number = stable_identities.number_of(guid, taken=taken)
        taken.add(number)
        events.append(
            Event(
                guid=guid,
                number=number,
                type=row["type__name"],
                track=row["track__name"] or "",
                room=row["room__name"] or "",
                starts=row["starts"].astimezone(zone),
                ends=row["ends"].astimezone(zone),
                is_cancelled=row["state"] == Session.State.CANCELLED,
                recording_url=row["recording_url"] if row["ends"] <= now else "",
                url=page.replace(UNKNOWN, row["code"]),
                slug=_slug(table.acronym, number=number, title=row["title"]),
                **{name: row[name] for name in AS_STORED},
            )
        )
    return events


def _slug(acronym: str, *, number: int, title: str) -> str:
    words = slugify(title)[:60].strip("-_") or "session"
    rest = f"{number}-{words}"
    return f"{acronym}-{rest if len(rest) >= 4 else f'{rest}-session'}"


type _Events = dict[int, Event]


def _add_frame(table: Timetable, events: _Events) -> None:
    forum = table.forum
    released = Release.objects.filter(forum=forum).order_by("-number").values_list("number", flat=True)
    table.version = str(released.first() or 0)
    table.tracks = list(Track.objects.filter(forum=forum).values_list("name", flat=True))
    table.rooms = list(Room.objects.filter(forum=forum))


def _of_events(rows: QuerySet[Any], *columns: str, events: _Events) -> Iterator[tuple[Any, ...]]:
    """The columns of rows that hang on a session, behind the event of that session; others are left out."""
    for key, *values in rows.values_list("session", *columns):
        if key in events:
            yield events[key], *values


def _add_organisers_and_goals(table: Timetable, events: _Events) -> None:
    """The organisers' names and the numbers of the goals. Two queries."""
    of_forum = {"session__forum": table.forum}
    organisers = Session.organisers.through.objects.filter(**of_forum).order_by("organisation__name")
    for event, name in _of_events(organisers, "organisation__name", events=events):
        event.organisers.append(name)
    goals = Session.sdgs.through.objects.filter(**of_forum).order_by("sdg")
    for event, number in _of_events(goals, "sdg", events=events):
        event.sdgs.append(number)


def _add_lines(table: Timetable, events: _Events) -> None:
    lines = Session.action_lines.through.objects.filter(session__forum=table.forum).order_by("actionline__order")
    labels: dict[str, str] = {}
    for event, code in _of_events(lines, "actionline__code", events=events):
        event.action_lines.append(code)
        event.line_labels.append(labels.setdefault(code, ActionLine(code=code).label))


def _add_speakers(table: Timetable, events: _Events) -> None:
    forum = table.forum
    front = absolute_urls.absolute(reverse("events:speaker", args=[forum.slug, 1])).removesuffix("1/")
    known: dict[int, tuple[uuid.UUID, int]] = {}
    taken: set[int] = set()
    released = Appearance.objects.filter(session__forum=forum, is_released=True)
    columns = (
        "role",
        "speaker",
        *(f"speaker__{name}" for name in ("form_of_address", "name", "origin_id", "biography")),
    )
    for event, role, pk, address, name, origin, biography in _of_events(released, *columns, events=events):
        if pk not in known:
            guid = stable_identities.of_person(origin) if origin else stable_identities.of_own_speaker(pk)
            known[pk] = guid, stable_identities.number_kept(origin) or stable_identities.number_of(guid, taken=taken)
        event.speakers.append(
            ReleasedSpeaker(f"{address} {name}".strip(), *known[pk], role, biography, f"{front}{pk}/")
        )


def _add_documents(table: Timetable, events: _Events) -> None:
    for document in Document.objects.filter(session__forum=table.forum):
        if document.session_id in events:
            events[document.session_id].documents.append((document.title, absolute_urls.absolute(document.file.url)))


ADDERS: dict[str, Callable[[Timetable, _Events], None]] = {
    "frame": _add_frame,
    "lines": _add_lines,
    "speakers": _add_speakers,
    "organisers and goals": _add_organisers_and_goals,
    "documents": _add_documents,
}
