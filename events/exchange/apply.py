"""An import, all or nothing: it reads a file, plans, and does what the plan says in one transaction."""

import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events import board, drafting, releases, revision
from events.exchange import identity, plan, reading
from events.exchange.plan import Item, Place, Plan
from events.exchange.records import Programme, RoomFacts, Talk, refusal
from events.models import Appearance, Forum, Placement, Room, Session, SessionType, Speaker, Track, User
from events.models.programme import new_code
from events.scheduling import locked

# One well-known zone for each offset, tried in turn for a file whose times have offsets but name no zone.
CANDIDATES = (
    "Europe/Zurich", "UTC", "Europe/London", "Europe/Athens", "Europe/Moscow", "America/New_York", "America/Chicago",
    "America/Denver", "America/Los_Angeles", "America/Sao_Paulo", "Africa/Lagos", "Africa/Johannesburg",
    "Africa/Nairobi", "Asia/Dubai", "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok", "Asia/Shanghai",
    "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip
REGISTRATION_DAYS = 90
REASONS = 5
LONGEST_FORUM = timedelta(days=400)


def bring_in(
    data: bytes, *, slug: str, by: User | None, now: datetime, is_dry: bool = False, is_released: bool = False
) -> Plan:
    """Take the programme of a file into the forum of an address; the forum is made where it is not there.

    Returns the plan, with what could not be used. `is_dry`: nothing is written. `is_released`: the public sees it at
    once (a forum that never had a session comes as the file has it, clashes and all, and is public; another one is
    released, and the release refuses what it refuses). Refuses what `reading.read` and `releases.release` refuse,
    `no-dates` where a new forum would have no days, and a bad address; then nothing has happened.
    """
    with transaction.atomic():
        forum = Forum.objects.filter(slug=slug).first()
        programme = reading.read(data, forum=forum)
        if forum is None:
            made = plan.make(programme, forum=_new_forum(programme, slug=slug, is_public=is_released))
            return made if is_dry else _apply(made, by=by, now=now, is_released=is_released)
        if is_dry:
            made = plan.make(programme, forum=forum)
            made.refused = _refused(data, forum=forum, by=by, now=now) if is_released else []
            return made
        with locked(forum) as row:
            return _apply(plan.make(programme, forum=row), by=by, now=now, is_released=is_released)


class _Tried(Exception):
    """Undoes what was done only to see whether it would be refused."""


def _refused(data: bytes, *, forum: Forum, by: User | None, now: datetime) -> list[str]:
    """Why a release of the file would be refused, in sentences; nothing stays of the attempt."""
    try:
        with transaction.atomic(), locked(forum) as row:
            _apply(plan.make(reading.read(data, forum=row), forum=row), by=by, now=now, is_released=True)
            raise _Tried
    except _Tried:
        return []
    except ValidationError as refusal:
        return list(refusal.messages)


# --- a new forum ----------------------------------------------------------------------------------
def _new_forum(programme: Programme, *, slug: str, is_public: bool) -> Forum:
    """The forum that a file speaks of, unsaved. Refuses `no-dates`, and what its fields refuse."""
    zone = ZoneInfo(programme.zone or _fitting_zone(programme.talks))
    days = [talk.starts.astimezone(zone).date() for talk in programme.talks if talk.starts]
    days += [_last_day(talk.ends, zone=zone) for talk in programme.talks if talk.ends]
    if programme.starts and programme.ends and programme.starts <= programme.ends:
        days += [programme.starts, programme.ends]
    if not days:
        sentence = _("The file says no dates. Add the forum first, then bring in the file")
        raise ValidationError([refusal(text, code="no-dates") for text in (sentence, *_reasons(programme))])
    first, last = min(days), max(days)
    if last - first > LONGEST_FORUM:
        raise refusal(_("The file reaches over more than a year. Add the forum first"), code="no-dates")
    opens = datetime.combine(first - timedelta(days=REGISTRATION_DAYS), time(), tzinfo=zone)
    forum = Forum(
        slug=slug,
        name=programme.title or slug,
        theme=programme.theme,
        starts=first,
        ends=last,
        time_zone=zone.key,
        place=zone.key.split("/")[-1].replace("_", " "),
        is_virtual=False,
        is_public=is_public,
        registration_opens=opens.astimezone(UTC),
        registration_closes=datetime.combine(last + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC),
    )
    forum.full_clean()
    return forum


def _reasons(programme: Programme) -> list[str]:
    """Why a file without dates has none: the first lines of it that could not be used."""
    problems = programme.problems
    lines = [": ".join(filter(None, (problem.where, problem.text))) for problem in problems[:REASONS]]
    rest = len(problems) - len(lines) + programme.hidden_problems
    return [*lines, _("And %(n)s more") % {"n": rest}] if rest else lines


def _last_day(ends: datetime, *, zone: ZoneInfo) -> date:
    """The day on which a session ends; the one before for those that end in the small hours."""
    return (ends.astimezone(zone) - timedelta(hours=6)).date()


def _fitting_zone(talks: Iterable[Talk]) -> str:
    """The zone whose clock all times of a file were written on, as far as their offsets tell; UTC where none fits."""
    offsets = {(talk.starts, talk.offset) for talk in talks if talk.starts and talk.offset is not None}
    for name in CANDIDATES:
        zone = ZoneInfo(name)
        if all(starts.astimezone(zone).utcoffset() == offset for starts, offset in offsets):
            return name
    return "UTC"


# --- writing --------------------------------------------------------------------------------------
def _apply(made: Plan, *, by: User | None, now: datetime, is_released: bool) -> Plan:
    forum, is_first = made.forum, made.is_new_forum
    if is_first:
        forum.save()
    elif is_released:
        is_first = not Session.objects.filter(forum=forum).exists() and releases.latest(forum) is None
    has_changes = is_first or not made.is_empty
    if has_changes:
        _Writer(made, by=by, now=now, is_public=is_first and is_released).write()
        revision.bump()
    if is_released:
        made.released = _release(made, is_first=is_first, by=by, now=now)
    made.clashes = board.blocking(forum) if has_changes else []
    return made


def _release(made: Plan, *, is_first: bool, by: User | None, now: datetime) -> int | None:
    note = _("Brought in from a file")
    forum = made.forum
    if is_first and made.items:
        return releases.record_first(forum, note=note, now=now).number
    if not releases.waiting(forum).exists():
        return None
    try:
        return releases.release(forum, note=note, by=by, now=now).number
    except ValidationError as fault:
        if getattr(fault, "code", None) == "nothing-changed":
            return None
        if "blocking-clash" not in {one.code for one in fault.error_list}:
            raise
        words = _(
            "The release is refused while these clashes stand. Bring the file in without a release, solve them on the board,"
            " then release"
        )
        raise ValidationError([ValidationError(words, code="blocking-clash"), *fault.error_list]) from None


class _Writer:
    """Writes what a plan says. `is_public`: the sessions are released as they come."""

    def __init__(self, made: Plan, *, by: User | None, now: datetime, is_public: bool) -> None:
        self.plan, self.by, self.now, self.is_public = made, by, now, is_public
        self.forum = made.forum

    def write(self) -> None:
        self._make_names()
        self._make_people()
        self._make_sessions(self.plan.new)
        for item in self.plan.changed:
            self._change(item)
        self._link([item for item in self.plan.items if item.kind != plan.SAME])

    def _make_names(self) -> None:
        names, forum = self.plan.names, self.forum
        SessionType.objects.bulk_create(
            SessionType(code=names.code_for(name), name=name, order=1000) for name in names.new_types
        )
        Track.objects.bulk_create(Track(forum=forum, name=name, order=n) for n, name in enumerate(names.new_tracks))
        facts = self.plan.programme.rooms
        rooms = []
        for order, name in enumerate(names.new_rooms):
            known = facts.get(name, RoomFacts())
            rooms.append(
                Room(forum=forum, name=name, order=order, capacity=known.capacity, is_virtual=known.is_virtual)
            )
        Room.objects.bulk_create(rooms)
        self.types = {row.name: row for row in SessionType.objects.all().order_by("-pk")}
        self.tracks = {row.name: row for row in Track.objects.filter(forum=forum)}
        self.rooms = {row.name: row for row in Room.objects.filter(forum=forum)}

    def _make_people(self) -> None:
        people = self.plan.people
        for speaker in people.updates.values():
            speaker.updated = self.now  # a statement for many does not write it by itself
        Speaker.objects.bulk_update(people.updates.values(), ["name", "form_of_address", "origin_id", "updated"])
        made = {
            key: Speaker(forum=self.forum, name=person.name, origin_id=person.origin, biography=person.biography[:5000])
            for key, person in people.new.items()
        }
        Speaker.objects.bulk_create(made.values())
        self.speakers = {key: speaker.pk for key, speaker in (people.speakers | made).items()}

    def _make_sessions(self, items: list[Item]) -> None:
        origins = {identity.of_session(item.talk.origin) for item in items}
        guids = set(Session.objects.filter(guid__in=origins).values_list("guid", flat=True))
        codes = set(Session.objects.filter(code__in={item.talk.code for item in items}).values_list("code", flat=True))
        places = []
        for item in items:
            session = Session(forum=self.forum, **self._identity(item.talk, guids=guids, codes=codes))
            self._fill(session, item)
            session.sequence = item.talk.sequence or 0
            place = self._placement(session, item.place)
            if self.is_public:
                session.starts, session.ends, session.room = place.starts, place.ends, place.room
                session.state = releases.RELEASED_AS[Placement.State(place.state)]
            item.session = session
            places.append(place)
        Session.objects.bulk_create(place.session for place in places)
        Placement.objects.bulk_create(places)
        self._cast((item.session, item.cast) for item in items)

    def _identity(self, talk: Talk, *, guids: set[uuid.UUID], codes: set[str]) -> dict[str, Any]:
        """A new session's guid and code: the file's where they are free, and the file's identity beside others."""
        guid, is_uuid = identity.of_session(talk.origin), identity.parsed(talk.origin) is not None
        is_free = guid not in guids
        code = talk.code if talk.code and talk.code not in codes else new_code()
        codes.add(code)
        return {
            "guid": guid if is_free else uuid.uuid5(identity.ROOT, f"{self.forum.slug}:{talk.origin}"),
            "origin_id": "" if is_free and is_uuid else talk.origin,
            "code": code,
            "number": None if talk.number == guid.int & identity.NUMBERS else talk.number,
        }

    def _fill(self, session: Session, item: Item) -> None:
        for name, value in item.columns.items():
            if name == "type":
                session.type = self.types[value]
            elif name == "track":
                session.track = self.tracks.get(value)
            else:
                setattr(session, name, value)

    def _placement(self, session: Session, place: Place | None) -> Placement:
        starts, ends, room, is_cancelled = place or (None, None, "", False)
        state = Placement.State.SCHEDULED if starts else Placement.State.UNSCHEDULED
        return Placement(
            session=session,
            starts=starts,
            ends=ends,
            room=self.rooms.get(room),
            state=Placement.State.CANCELLED if is_cancelled and starts else state,
            moved=self.now,
            moved_by=self.by,
        )

    def _cast(self, casts: Iterable[tuple[Session | None, Any]]) -> None:
        Appearance.objects.bulk_create(row for session, cast in casts for row in self._appearances(session, cast))

    def _appearances(self, session: Session | None, cast: Iterable[tuple[str, str]] | None) -> list[Appearance]:
        return [
            Appearance(
                session=session,
                speaker_id=self.speakers[key],
                role=role or Appearance.Role.SPEAKER,
                order=order,
                is_released=self.is_public,
            )
            for order, (key, role) in enumerate(cast or [])
        ]

    def _change(self, item: Item) -> None:
        session = item.session
        assert session is not None  # noqa: S101  a changed item has one
        if item.columns or item.links or item.cast is not None:
            self._fill(session, item)
            session.save(update_fields=[*item.columns, "updated"])
        if item.place:
            self._move(session, item.place)
        if item.cast is not None:
            self._recast(session, item.cast)

    def _recast(self, session: Session, cast: Iterable[tuple[str, str]]) -> None:
        """Give a session its new speakers. Whom the public knows and the file does not leaves with the next release."""
        there = {row.speaker_id: row for row in session.appearances.all()}
        new = []
        for row in self._appearances(session, cast):
            known = there.pop(row.speaker_id, None)
            if known is None:
                new.append(row)
            else:
                known.role, known.order, known.is_leaving = row.role, row.order, False
                known.save(update_fields=["role", "order", "is_leaving"])
        Appearance.objects.bulk_create(new)
        gone = session.appearances.filter(speaker__in=there)
        gone.filter(is_released=False).delete()
        gone.update(is_leaving=True)

    def _move(self, session: Session, place: Place) -> None:
        starts, ends, room, is_cancelled = place
        known = drafting.placement(session, now=self.now)
        wanted = self.rooms.get(room)
        if starts and ends and (starts, ends, wanted) != (known.starts, known.ends, known.room):
            known = drafting.move(
                session, starts=starts, ends=ends, room=wanted, version=None, by=self.by, now=self.now
            )
        was_cancelled = known.state == Placement.State.CANCELLED
        if is_cancelled != was_cancelled:
            verb = drafting.cancel if is_cancelled else drafting.restore
            verb(session, version=None, by=self.by, now=self.now)

    def _link(self, items: list[Item]) -> None:
        for name in ("organisers", "action_lines", "sdgs"):
            through = getattr(Session, name).through
            column = {"organisers": "organisation_id", "action_lines": "actionline_id", "sdgs": "sdg_id"}[name]
            touched = [(item.session, item.links[name]) for item in items if name in item.links]
            through.objects.filter(session__in=[session for session, _rows in touched]).delete()
            through.objects.bulk_create(
                through(**{"session_id": session.pk, column: row.pk})
                for session, rows in touched
                if session
                for row in rows
            )
