"""Writing what a plan says (exchange.plan): names, people, sessions and their places. As many statements for three
sessions as for a thousand."""

import uuid
from datetime import datetime
from typing import Any

from events.exchange.plan import Item, Plan
from events.exchange.readers.records import Talk
from events.models import Appearance, Forum, Organisation, Placement, Room, Session, SessionType, Speaker, Track, User
from events.models.programme import new_code
from events.schedule import moves, panels
from events.schedule.releases import releases
from events.shared.history.acts import Act
from events.shared.pages import revision
from events.shared.tables import stable_identities

LINK_COLUMNS = {"organisers": "organisation_id", "action_lines": "actionline_id", "sdgs": "sdg_id"}


def write(plan: Plan, *, act: Act, by: User | None, now: datetime, is_public: bool) -> None:
    """Write a plan into its forum, which is saved, as an act that can be taken back. `is_public`: the sessions are released
    as they come."""
    changed = [item.session.pk for item in plan.changed]
    act.will_change(
        Session.objects.filter(pk__in=changed),
        Speaker.objects.filter(pk__in={change.speaker.pk for change in plan.people.changes}),
        Appearance.objects.filter(session__in=changed),
    )
    types = SessionType.objects.bulk_create(plan.names.types.new)
    SessionType.forums.through.objects.bulk_create(
        SessionType.forums.through(sessiontype_id=row.pk, forum_id=plan.forum.pk) for row in types
    )
    Track.objects.bulk_create(plan.names.tracks.new)
    Room.objects.bulk_create(plan.names.rooms.new)
    Organisation.objects.bulk_create(plan.names.new_organisations)
    _save_people(plan, now=now)
    _add(plan.new, forum=plan.forum, by=by, now=now, is_public=is_public)
    _change(plan.changed, forum=plan.forum, by=by, now=now)
    _link([*plan.new, *plan.changed])
    new = [item.session for item in plan.new]
    names = plan.names
    for rows in (names.types.new, names.tracks.new, names.rooms.new, names.new_organisations, plan.people.new, new):
        if rows:
            act.made(type(rows[0]), [row.pk for row in rows])


def _save_people(plan: Plan, *, now: datetime) -> None:
    changes = plan.people.changes
    for name in sorted({change.column for change in changes}):
        Speaker.objects.bulk_update([change.speaker for change in changes if change.column == name], [name])
    changed = Speaker.objects.filter(pk__in={change.speaker.pk for change in changes})
    changed.update(updated=now)  # not written by itself for many
    Speaker.objects.bulk_create(plan.people.new)


# --- new sessions ---------------------------------------------------------------------------------
def _add(items: list[Item], *, forum: Forum, by: User | None, now: datetime, is_public: bool) -> None:
    origins = {stable_identities.of_session(item.talk.origin) for item in items}
    guids = set(Session.objects.filter(guid__in=origins).values_list("guid", flat=True))
    codes = set(Session.objects.filter(code__in={item.talk.code for item in items}).values_list("code", flat=True))
    places = []
    for item in items:
        session = item.session
        for name, value in _identity(item.talk, forum=forum, guids=guids, codes=codes).items():
            setattr(session, name, value)
        session.sequence = item.talk.sequence or 0
        place = _placement(item, by=by, now=now)
        if is_public:
            session.starts, session.ends, session.room = place.starts, place.ends, place.room
            session.state = releases.RELEASED_AS[Placement.State(place.state)]
        places.append(place)
    Session.objects.bulk_create(place.session for place in places)
    Placement.objects.bulk_create(places)
    panels.seat((row for item in items for row in item.cast or []), is_released=is_public)


def _identity(talk: Talk, *, forum: Forum, guids: set[uuid.UUID], codes: set[str]) -> dict[str, Any]:
    """A new session's guid and code: the file's where they are free, and the file's identity beside others."""
    guid, is_uuid = stable_identities.of_session(talk.origin), stable_identities.parsed(talk.origin) is not None
    is_free = guid not in guids
    code = talk.code if talk.code and talk.code not in codes else new_code()
    codes.add(code)
    return {
        "guid": guid if is_free else uuid.uuid5(stable_identities.ROOT, f"{forum.slug}:{talk.origin}"),
        "origin_id": "" if is_free and is_uuid else talk.origin,
        "code": code,
        "number": None if talk.number == guid.int & stable_identities.NUMBERS else talk.number,
    }


def _placement(item: Item, *, by: User | None, now: datetime) -> Placement:
    starts, ends, room, is_cancelled = item.place or (None, None, None, False)
    held = Placement.State.SCHEDULED if starts else Placement.State.UNSCHEDULED
    return Placement(
        session=item.session,
        starts=starts,
        ends=ends,
        room=room,
        state=Placement.State.CANCELLED if is_cancelled else held,
        moved=now,
        moved_by=by,
    )


# --- sessions that are there ----------------------------------------------------------------------
def _change(items: list[Item], *, forum: Forum, by: User | None, now: datetime) -> None:
    """Texts and people of sessions that are there, and their places in the draft."""
    for name in sorted({name for item in items for name in item.columns}):
        Session.objects.bulk_update([item.session for item in items if name in item.columns], [name])
    touched = [item for item in items if item.columns or item.links or item.cast is not None]
    revision.touch([item.session.pk for item in touched], now=now)
    panels.recast([(item.session, item.cast) for item in items if item.cast is not None])
    places = {item.session.pk: item.place for item in items if item.place}
    if places:
        moves.move_all(forum, places, by=by, now=now)


def _link(items: list[Item]) -> None:
    for name, column in LINK_COLUMNS.items():
        through = getattr(Session, name).through
        touched = [(item.session, item.links[name]) for item in items if name in item.links]
        through.objects.filter(session__in=[session for session, _rows in touched]).delete()
        through.objects.bulk_create(
            through(**{"session_id": session.pk, column: row.pk}) for session, rows in touched for row in rows
        )
