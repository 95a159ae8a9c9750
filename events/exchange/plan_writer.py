"""Writing what a plan says (exchange.plan): names, people, sessions and their places. As many statements for three
sessions as for a thousand."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from events.exchange.plan import Cast, Item, Place, Plan
from events.exchange.readers.records import RoomFacts, Talk
from events.models import Appearance, Placement, Room, Session, SessionType, Speaker, Track, User
from events.models.programme import new_code
from events.pages import revision
from events.schedule import moves
from events.schedule.releases import releases
from events.tables import stable_identities


class PlanWriter:
    """Writes a plan into its forum, which is saved. `is_public`: the sessions are released as they come."""

    def __init__(self, made: Plan, *, by: User | None, now: datetime, is_public: bool) -> None:
        self.plan, self.by, self.now, self.is_public = made, by, now, is_public
        self.forum = made.forum

    def write(self) -> None:
        self._make_names()
        self._make_people()
        self._make_sessions(self.plan.new)
        self._change(self.plan.changed)
        self._link([*self.plan.new, *self.plan.changed])

    def _make_names(self) -> None:
        names, forum = self.plan.names, self.forum
        SessionType.objects.bulk_create(
            SessionType(code=names.code_for(name), name=name, order=1000) for name in names.types.new
        )
        Track.objects.bulk_create(Track(forum=forum, name=name, order=n) for n, name in enumerate(names.tracks.new))
        facts = {name: self.plan.programme.rooms.get(name, RoomFacts()) for name in names.rooms.new}
        Room.objects.bulk_create(
            Room(forum=forum, name=name, order=order, capacity=room.capacity, is_virtual=room.is_virtual)
            for order, (name, room) in enumerate(facts.items())
        )
        self.types = {row.name: row for row in SessionType.objects.all().order_by("-pk")}
        self.tracks = {row.name: row for row in Track.objects.filter(forum=forum)}
        self.rooms = {row.name: row for row in Room.objects.filter(forum=forum)}

    def _make_people(self) -> None:
        people = self.plan.people
        changed = {change.speaker.pk for change in people.changes}
        for name in sorted({change.column for change in people.changes}):
            rows = [change.speaker for change in people.changes if change.column == name]
            Speaker.objects.bulk_update(rows, [name])
        Speaker.objects.filter(pk__in=changed).update(updated=self.now)  # not written by itself for many
        made = {
            key: Speaker(forum=self.forum, name=person.name, origin_id=person.origin, biography=person.biography)
            for key, person in people.new.items()
        }
        Speaker.objects.bulk_create(made.values())
        self.speakers = {key: speaker.pk for key, speaker in (people.speakers | made).items()}

    def _make_sessions(self, items: list[Item]) -> None:
        origins = {stable_identities.of_session(item.talk.origin) for item in items}
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
        Appearance.objects.bulk_create(row for item in items for row in self._appearances(item.session, item.cast))

    def _identity(self, talk: Talk, *, guids: set[uuid.UUID], codes: set[str]) -> dict[str, Any]:
        """A new session's guid and code: the file's where they are free, and the file's identity beside others."""
        guid, is_uuid = stable_identities.of_session(talk.origin), stable_identities.parsed(talk.origin) is not None
        is_free = guid not in guids
        code = talk.code if talk.code and talk.code not in codes else new_code()
        codes.add(code)
        return {
            "guid": guid if is_free else uuid.uuid5(stable_identities.ROOT, f"{self.forum.slug}:{talk.origin}"),
            "origin_id": "" if is_free and is_uuid else talk.origin,
            "code": code,
            "number": None if talk.number == guid.int & stable_identities.NUMBERS else talk.number,
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
            state=Placement.State.CANCELLED if is_cancelled else state,
            moved=self.now,
            moved_by=self.by,
        )

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

    def _change(self, items: list[Item]) -> None:
        """Texts and people of sessions that are there, and their places in the draft."""
        known = [(session, item) for item in items if (session := item.session)]
        for session, item in known:
            self._fill(session, item)
        for name in sorted({name for item in items for name in item.columns}):
            Session.objects.bulk_update([session for session, item in known if name in item.columns], [name])
        touched = [session.pk for session, item in known if item.columns or item.links or item.cast is not None]
        revision.touch(touched, now=self.now)
        self._recast([(session, item.cast) for session, item in known if item.cast is not None])
        places = {session.pk: self._spot(item.place) for session, item in known if item.place}
        if places:
            moves.move_all(self.forum, places, by=self.by, now=self.now)

    def _spot(self, place: Place) -> moves.Spot:
        starts, ends, room, is_cancelled = place
        return starts, ends, self.rooms.get(room), is_cancelled

    def _recast(self, casts: list[tuple[Session, Cast]]) -> None:
        """Give sessions their new speakers. Whom the public knows and the file does not leaves with the next release."""
        new, kept, gone = [], [], []
        for session, cast in casts:
            there = {row.speaker_id: row for row in session.appearances.all()}
            for row in self._appearances(session, cast):
                known = there.pop(row.speaker_id, None)
                if known is None:
                    new.append(row)
                else:
                    known.role, known.order, known.is_leaving = row.role, row.order, False
                    kept.append(known)
            gone += [row.pk for row in there.values()]
        Appearance.objects.bulk_create(new)
        Appearance.objects.bulk_update(kept, ["role", "order", "is_leaving"])
        leaving = Appearance.objects.filter(pk__in=gone)
        leaving.filter(is_released=False).delete()
        leaving.update(is_leaving=True)

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
