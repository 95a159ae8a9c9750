"""Editing many sessions of a forum at once: what it would change in each, whether it would clash, and doing it, all or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Forum, Placement, Session, User
from events.models.programme import Language
from events.schedule import draft_timetable, moves
from events.shared.admin.admin_recording import EVERY
from events.shared.history import acts
from events.shared.history.verbs import Verb
from events.shared.pages import revision

PLAIN = ("type", "track", "languages", "captioning", "interpretation", "capacity", "expected")
ROOM = "room"  # that of the draft
FIELDS = (ROOM, *PLAIN)
MOST = 500  # sessions at once

type Wanted = Mapping[str, Any]  # the fields that shall change, with their new values


@dataclass(frozen=True)
class FieldChange:
    """One field of a session, before and after, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class SessionChange:
    session: Session
    lines: list[FieldChange]


def changes(sessions: Iterable[Session], wanted: Wanted) -> list[SessionChange]:
    """The sessions that would change, each with what changes in it; rows with their `type`, `track` and `placement__room`."""
    found = []
    for session in sessions:
        names = [name for name in FIELDS if name in wanted and _value(session, name) != wanted[name]]
        lines = [FieldChange(_label(name), _said(_value(session, name)), _said(wanted[name])) for name in names]
        if lines:
            found.append(SessionChange(session, lines))
    return found


def new_clashes(forum: Forum, keys: Iterable[int], wanted: Wanted) -> tuple[list[str], int]:
    """A sentence for each of the first clashes that forbid a release and that the draft would have with these sessions (keys) in
    another room, and how many there are beyond them. At most nine queries."""
    if ROOM not in wanted:
        return [], 0
    draft = draft_timetable.read(forum)
    known = {clash for clash in draft.clashes() if clash.is_blocking}
    room = wanted[ROOM].pk if wanted[ROOM] else None
    moved = {key: replace(draft.places[key], room=room) for key in keys}
    after = replace(draft, places=draft.places | moved)
    found = [clash for clash in after.clashes() if clash.is_blocking and clash not in known]
    told = [one.text for one in draft_timetable.tell(after, found[: draft_timetable.TOLD])]
    return told, len(found) - len(told)


def edit(forum: Forum, keys: Sequence[int], wanted: Wanted, *, by: User | None, now: datetime) -> list[Placement]:
    """Give sessions of a forum (keys) other values, all or none, as one act; return the places that moved in the draft.
    What is no part of the draft, such as the type, the public sees at once.

    Refuses `gone` (one of them is no longer there), `nothing-to-change`, and `clash`.
    """
    with moves.locked(forum):
        rows = list(_rows(forum, keys))
        if len(rows) != len(set(keys)):
            raise ValidationError(_("A session is no longer there, so nothing was changed"), code="gone")
        found = changes(rows, wanted)
        if not found:
            raise ValidationError(_("All these sessions have these values already"), code="nothing-to-change")
        told, rest = new_clashes(forum, keys, wanted)
        if told:
            more = [ngettext("And %(n)s more clash", "And %(n)s more clashes", rest) % {"n": rest}] if rest else []
            words = _("Nothing was changed, because sessions would clash: %(clashes)s")
            raise ValidationError(words, code="clash", params={"clashes": ". ".join([*told, *more])})
        return _write(forum, [change.session for change in found], wanted, by=by, now=now)


def _rows(forum: Forum, keys: Iterable[int]) -> Any:
    return Session.objects.filter(forum=forum, pk__in=keys).select_related("type", "track", "placement__room")


def _write(forum: Forum, sessions: list[Session], wanted: Wanted, *, by: User | None, now: datetime) -> list[Placement]:
    keys = [session.pk for session in sessions]
    to_move = [row.pk for row in sessions if ROOM in wanted and _value(row, ROOM) != wanted[ROOM]]
    after = {"sessions": len(keys), "fields": [name for name in FIELDS if name in wanted]}
    with acts.act(forum, verb=Verb.EDIT_TOGETHER, by=by, now=now, after=after, kept=EVERY) as act:
        act.will_change(Session.objects.filter(pk__in=keys))
        if plain := {name: value for name, value in wanted.items() if name in PLAIN}:
            Session.objects.filter(pk__in=keys).update(**plain)
            revision.touch(keys, now=now)
        places = moves.assign_room(forum, to_move, room=wanted[ROOM], by=by, now=now) if to_move else []
    revision.bump()
    return places


def _value(session: Session, name: str) -> Any:
    return session.placement.room if name == ROOM else getattr(session, name)


def _label(name: str) -> str:
    return capfirst(str(Session._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(Language(code).label) for code in value) or "–"
    return "–" if value is None else str(value)
