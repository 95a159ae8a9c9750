"""Undo and redo in the draft: what a person moved in this sitting, an act at a time.

The steps stand in the log-in session, so they outlive a page that is loaded again and end with the sitting; nobody undoes
what somebody else did. A step says for each session of an act where it was and where the act left it: it is undone only
where all of them still are where it left them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import Forum, Placement, User
from events.models.release import Spot
from events.schedule import moves

KEY = "draft_steps"
UNDO, REDO = "undo", "redo"
MOST_STEPS, MOST_PLACES = 30, 500  # of a forum: every page of the person reads the log-in session

type Step = list[list[Any]]  # of each session: its key, the spot that it had, the spot that it got; times as texts
type Steps = dict[str, list[Step]]


def remember(sitting: SessionBase, rows: Iterable[Placement]) -> None:
    """Keep what one act moved (places as the verbs returned them) as the next step to undo. What could be redone before
    no longer can."""
    moved: dict[int, Step] = {}
    for row in rows:
        if row.was:
            step = moved.setdefault(row.session.forum_id, [])
            step.append([row.session_id, _written(row.was), _written(row.spot)])
    for forum, step in moved.items():
        _keep(sitting, forum, {UNDO: [*steps(sitting, forum)[UNDO], step], REDO: []})


def steps(sitting: SessionBase, forum: int) -> Steps:
    """The steps of a forum (its key) that can be undone and redone, the last one of each is the next."""
    found: Steps = sitting.get(KEY, {}).get(str(forum), {UNDO: [], REDO: []})
    return found


def take_back(sitting: SessionBase, forum: Forum, *, way: str, by: User | None, now: datetime) -> list[Placement]:
    """Undo the last step, or redo what was undone last (`way`); return the places that moved.

    Refuses `bad-form` for another way, `nothing-to-undo`, and what `moves.put_back` refuses: then nothing has moved, and
    the step is dropped.
    """
    if way not in {UNDO, REDO}:
        raise ValidationError(_("This form is incomplete. Load the page again"), code="bad-form")
    kept = steps(sitting, forum.pk)
    if not kept[way]:
        raise ValidationError(_("There is nothing more to undo or redo"), code="nothing-to-undo")
    *rest, step = kept[way]
    _keep(sitting, forum.pk, kept | {way: rest})
    other = REDO if way == UNDO else UNDO
    spots = {key: (_spot(got), _spot(had)) if way == UNDO else (_spot(had), _spot(got)) for key, had, got in step}
    rows = moves.put_back(forum, spots, by=by, now=now)
    _keep(sitting, forum.pk, {way: rest, other: [*kept[other], step]})
    return rows


def _keep(sitting: SessionBase, forum: int, kept: Steps) -> None:
    for found in kept.values():
        while len(found) > MOST_STEPS or sum(map(len, found)) > MOST_PLACES:
            del found[0]
    sitting[KEY] = sitting.get(KEY, {}) | {str(forum): kept}


def _written(spot: Spot) -> list[Any]:
    return [*(moment and moment.isoformat() for moment in spot[:2]), spot.room, str(spot.state)]


def _spot(written: list[Any]) -> Spot:
    starts, ends = (moment and datetime.fromisoformat(moment) for moment in written[:2])
    return Spot(starts, ends, *written[2:])
