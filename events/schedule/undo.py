"""Undo and redo in the draft: what a person moved in this sitting, an act at a time.

The acts (by their entries of the history) stand in the log-in session, so they outlive a page that is loaded again and end with the
sitting; nobody undoes what somebody else did. Each is taken back as an import is (events.shared.history.taking_back), and redone by taking
that back.
"""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import Forum, HistoryEntry, Placement, RowChange, User
from events.shared.history import taking_back

KEY = "draft_acts"
UNDO, REDO = "undo", "redo"
MOST_STEPS = 30  # of a forum: every page of the person reads the log-in session

type Steps = dict[str, list[int]]


def remember(sitting: SessionBase, rows: Iterable[Placement]) -> None:
    """Keep the act that moved places (as the verbs returned them) as the next step to undo; of several forums each its own. What
    could be redone before no longer can."""
    for act, forum in {row.act: row.session.forum_id for row in rows if row.act}.items():
        _keep(sitting, forum, {UNDO: [*steps(sitting, forum)[UNDO], act], REDO: []})


def steps(sitting: SessionBase, forum: int) -> Steps:
    """The acts in a forum (its key) that can be undone and redone, the last one of each is the next."""
    found: Steps = sitting.get(KEY, {}).get(str(forum), {UNDO: [], REDO: []})
    return found


def take_back(sitting: SessionBase, forum: Forum, *, way: str, by: User | None, now: datetime) -> list[Placement]:
    """Undo the last step, or redo what was undone last (`way`); return the places that moved.

    Refuses `bad-form` for another way, `nothing-to-undo`, and what `taking_back.take_back` refuses: then nothing has moved,
    and the step is dropped.
    """
    if way not in {UNDO, REDO}:
        raise ValidationError(_("This form is incomplete. Load the page again"), code="bad-form")
    kept = steps(sitting, forum.pk)
    if not kept[way]:
        raise ValidationError(_("There is nothing more to undo or redo"), code="nothing-to-undo")
    *rest, act = kept[way]
    _keep(sitting, forum.pk, kept | {way: rest})
    try:
        done = taking_back.take_back(HistoryEntry.objects.get(pk=act), by=by, now=now)
    except ValidationError as refusal:
        if {one.code for one in refusal.error_list} == {"in-the-way"}:
            head = ValidationError(_("Nothing was changed. In the way stands:"), code="in-the-way")
            raise ValidationError([head, *refusal.error_list]) from None
        raise
    assert done.entry  # noqa: S101, it was taken back
    other = REDO if way == UNDO else UNDO
    _keep(sitting, forum.pk, {way: rest, other: [*kept[other], done.entry.pk]})
    moved = RowChange.objects.filter(act=done.entry, model=Placement._meta.label_lower).values_list("key", flat=True)
    return list(Placement.objects.filter(pk__in=list(moved)))


def _keep(sitting: SessionBase, forum: int, kept: Steps) -> None:
    sitting[KEY] = sitting.get(KEY, {}) | {str(forum): {way: found[-MOST_STEPS:] for way, found in kept.items()}}
