"""Taking back an import, an edit of many rows, or a step of the board: rows that it changed are set back, those that it deleted are made again, those that
it made go. A row that somebody changed since, or that is in use by now, stands in the way; whoever takes an act back may then have
the rest taken back, or (`How.ALL`) lose what was changed since. What is in use stays in any case (docs/decisions/0048).
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ForeignKey
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Forum, HistoryEntry, RowChange, User
from events.shared.history import acts, log, values
from events.shared.history.values import Kind, Rows, Values
from events.shared.history.verbs import Verb
from events.shared.pages import revision


class How(StrEnum):
    """What becomes of rows that stand in the way: nothing is done; they stay, and the rest is taken back; what was changed in them
    since is lost."""

    WHOLE = ""
    REST = "rest"
    ALL = "all"


@dataclass(frozen=True)
class Obstacle:
    """Why a row stands in the way of taking back an act: what the row is called, and a sentence. `is_done`: it is already as it would
    be."""

    model: Kind
    key: Any
    sentence: str
    is_done: bool = False

    def __str__(self) -> str:
        row = self.model._base_manager.filter(pk=self.key).first()
        kind = str(capfirst(self.model._meta.verbose_name))
        name = f"{kind} “{row}”" if row else f"{kind} #{self.key}"
        return _("%(row)s: %(problem)s") % {"row": name, "problem": self.sentence}


@dataclass
class Outcome:
    """What taking back an act does: how many rows it sets back, makes again and deletes; which stay because the public knows
    them, and are withdrawn in the draft; what stands in the way. Where that was asked for: which rows are `left` as they are, and in
    which ones what was changed since is `lost`. `entry`: that of taking it back."""

    set_back: int = 0
    made_again: int = 0
    deleted: int = 0
    withdrawn: int = 0
    obstacles: list[Obstacle] = field(default_factory=list)
    left: list[Obstacle] = field(default_factory=list)
    lost: list[Obstacle] = field(default_factory=list)
    entry: HistoryEntry | None = None


@dataclass
class _Part:
    """What an act did with the rows of one model: their values before and after, by key."""

    changed: dict[Any, tuple[Values, Values]] = field(default_factory=dict)
    deleted: Rows = field(default_factory=dict)
    made: Rows = field(default_factory=dict)


type Parts = dict[Kind, _Part]


def taken_back(entry: HistoryEntry) -> HistoryEntry | None:
    """The entry that says that an act was taken back; None while it was not."""
    return log.of(entry).filter(verb=Verb.TAKE_BACK).select_related("forum", "actor").first()


def rights_for(entry: HistoryEntry) -> set[str]:
    """The permissions that somebody needs, in the forum of an act, to take it back: those for adding and changing such rows."""
    found = set()
    for label in RowChange.objects.filter(act=entry).order_by().values_list("model", flat=True).distinct():
        model = apps.get_model(label)
        model = model._meta.auto_created or model  # a link belongs to its row
        name = f"{model._meta.app_label}.%s_{model._meta.model_name}"
        right = acts.rule_of(model).right
        found |= {right} if right else {name % "add", name % "change"}
    return found


def take_back(
    entry: HistoryEntry, *, by: User | None, now: datetime, how: How = How.WHOLE, is_dry: bool = False
) -> Outcome:
    """Take back an act, given its own entry; return what was done. `is_dry`: do it, and undo it at once.

    Refuses `taken-back` (it is already), `not-kept` (it changed nothing, or too long ago), `archived`, and
    `in-the-way` with a sentence for each row; a dry run returns these as `obstacles` instead.
    """
    with transaction.atomic():
        entry = HistoryEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
        forum = Forum.objects.select_for_update(no_key=True).filter(pk=entry.forum_id or 0).first()
        parts = _parts(entry)
        _check(entry, forum, parts)
        about = {"forum_id": entry.forum_id, "label": entry.subject, "after": {"verb": entry.verb}}
        with acts.act(entry, verb=Verb.TAKE_BACK, by=by, now=now, kept=None, **about) as undo:
            if entry.verb not in acts.IMPORTS:  # the board may redo it
                plain = [model for model in parts if not acts.rule_of(model).put_back]
                undo.will_change(*(model._base_manager.filter(pk__in=parts[model].changed) for model in plain))
            outcome = _do(entry, forum, parts, how=how, by=by, now=now)
            outcome.entry = undo.entry
        if outcome.obstacles and not is_dry:
            sentences = [ValidationError(str(one), code="in-the-way") for one in outcome.obstacles[: acts.AT_ONCE]]
            raise ValidationError(sentences)
        transaction.set_rollback(is_dry)
    return outcome


def _check(entry: HistoryEntry, forum: Forum | None, parts: Parts) -> None:
    if taken_back(entry):
        raise ValidationError(_("This was taken back already"), code="taken-back")
    if not parts:
        raise ValidationError(_("What it changed is not kept any more, so it cannot be taken back"), code="not-kept")
    if forum and forum.archived:
        raise ValidationError(_("This edition is archived, so nothing in it is taken back"), code="archived")


def _parts(entry: HistoryEntry) -> Parts:
    found: Parts = defaultdict(_Part)
    for change in RowChange.objects.filter(act=entry).order_by("pk"):
        model = apps.get_model(change.model)
        part, key = found[model], model._meta.pk.to_python(change.key)
        if change.before is None:
            part.made[key] = change.after or {}
        elif change.after is None:
            part.deleted[key] = change.before
        else:
            before, after = part.changed.get(key, ({}, {}))
            part.changed[key] = (change.before | before, after | change.after)
    for part in found.values():
        part.changed = {key: sides for key, sides in part.changed.items() if key not in part.made}
    return dict(found)


def _do(entry: HistoryEntry, forum: Forum | None, parts: Parts, *, how: How, by: User | None, now: datetime) -> Outcome:
    there: dict[Kind, Rows] = {}
    moved: list[Obstacle] = []
    for model in sorted(parts, key=lambda model: model._meta.label_lower):  # one order: two who do this wait, and go on
        part = parts[model]
        there[model] = values.lock(model._base_manager.filter(pk__in=[*part.changed, *part.made, *part.deleted]))
        moved += _moved_on(model, part, there[model], entry=entry)
    if moved and how is How.WHOLE:
        return Outcome(obstacles=moved)
    _leave(parts, [one for one in moved if one.is_done])
    changed = [one for one in moved if not one.is_done]
    left = changed if how is How.REST else []
    while True:  # what is left as it is may keep other rows in use
        _leave(parts, _with_kin(parts, left, there=there))
        before = transaction.savepoint()
        outcome = _undo(entry, forum, parts, by=by, now=now)
        outcome.left, outcome.lost = left, changed if how is How.ALL else []
        if not outcome.obstacles or how is How.WHOLE:
            return outcome
        transaction.savepoint_rollback(before)
        left = [*left, *outcome.obstacles]


def _undo(entry: HistoryEntry, forum: Forum | None, parts: Parts, *, by: User | None, now: datetime) -> Outcome:
    """Take back what is in these parts; where rows are in use, they are the obstacles, and it is not done whole."""
    outcome = Outcome()
    public, kept = _kept(parts)
    for model, part in parts.items():
        _set_back(model, part, forum=forum, by=by, now=now)
        outcome.set_back += len(part.changed)
        outcome.made_again += len(part.deleted)
    going = {model: [key for key in part.made if key not in kept[model]] for model, part in parts.items()}
    for model, keys in reversed(going.items()):
        outcome.obstacles += _in_use(model, keys, going=going)
        outcome.deleted += len(keys)
    if outcome.obstacles:
        return outcome
    for model, keys in reversed(going.items()):
        _delete(model, keys)
    for model, keys in public.items():
        outcome.withdrawn += len(keys)
        if forum and (withdraw := acts.rule_of(model).withdraw):
            withdraw(keys, forum, by, now)
    done = {model: {*part.changed, *part.deleted, *going[model]} for model, part in parts.items()}
    _tell(entry, done=done, by=by, now=now)
    if not all(acts.rule_of(model).put_back for model in parts):  # what moves in the draft the public does not see
        revision.bump()
    return outcome


def _leave(parts: Parts, rows: Collection[Obstacle]) -> None:
    """Leave rows as they are."""
    for one in rows:
        part = parts[one.model]
        for side in (part.changed, part.deleted, part.made):
            side.pop(one.key, None)


def _with_kin(parts: Parts, rows: Collection[Obstacle], *, there: Mapping[Kind, Rows]) -> list[Obstacle]:
    """These rows, the rows that they are parts of, and all parts of both: a session stays with its place and its speakers."""
    owners: dict[Kind, set[Any]] = defaultdict(set)
    for one in rows:
        column = _owner_of(one.model)
        owner = there[one.model].get(one.key, {}).get(column.attname) if column else one.key
        owners[column.related_model if column else one.model].add(owner)
    kin = [*rows, *(Obstacle(model, key, "") for model, keys in owners.items() if model in parts for key in keys)]
    for model in parts:
        if column := _owner_of(model):
            keys = [key for key, row in there[model].items() if row.get(column.attname) in owners[column.related_model]]
            kin += [Obstacle(model, key, "") for key in keys]
    return kin


def _owner_of(model: Kind) -> Any:
    """The column that names the row of which rows of a model are parts, as links are of the row that has them; None: they are none."""
    part_of = acts.rule_of(model).part_of
    if part_of:
        return model._meta.get_field(part_of)
    owner = model._meta.auto_created
    return next((one for one in _relations(model) if one.related_model is owner), None) if owner else None


def _tell(entry: HistoryEntry, *, done: Mapping[Kind, set[Any]], by: User | None, now: datetime) -> None:
    """The entries of the rows: those of the act the other way round, but for rows that stay. What a rule wrote, it writes."""
    told = {(model._meta.label_lower, str(key)) for model, keys in done.items() for key in keys}
    found = entry.entries.filter(verb=entry.verb).order_by("pk")
    log.record_many(
        HistoryEntry(
            **{name: getattr(row, name) for name in ("forum_id", "model", "key", "subject")},
            **{"actor": by, "at": now, "verb": Verb.TAKE_BACK, "act_id": log.act_under_way.get()},
            **{"before": row.after, "after": row.before},
        )
        for row in found
        if (row.model, row.key) in told
    )


def _moved_on(model: Kind, part: _Part, there: Rows, *, entry: HistoryEntry) -> Iterator[Obstacle]:
    """Rows that are no longer as the act left them."""
    left = acts.rule_of(model).left | acts.set_by_themselves(model)
    expected = part.made | {key: after for key, (_before, after) in part.changed.items()}
    other: dict[Any, list[str]] = {}
    for key, after in expected.items():
        if key not in there:
            yield Obstacle(model, key, _("it is no longer there"), is_done=True)
        elif names := [name for name in after if name not in left and there[key].get(name) != after[name]]:
            other[key] = names
    for key in part.deleted:
        if key in there:
            yield Obstacle(model, key, _("it is there again"), is_done=True)
    who = _who_changed(model, {key: there[key] for key in other}, since=entry) if other else {}
    for key, names in other.items():
        words = {"name": who.get(key) or _("Somebody"), "fields": ", ".join(_field(model, name) for name in names)}
        yield Obstacle(model, key, _("%(name)s changed it since: %(fields)s") % words)


def _who_changed(model: Kind, rows: Rows, *, since: HistoryEntry) -> dict[Any, str]:
    """By the keys of rows: who was the last to change each, or the row of which it is a part."""
    column = _owner_of(model)
    told = {key: str(row[column.attname] if column else key) for key, row in rows.items()}
    label = (column.related_model if column else model)._meta.label_lower
    found = HistoryEntry.objects.filter(model=label, key__in=set(told.values()), pk__gt=since.pk)
    found = found.exclude(act=since).exclude(actor=None).select_related("actor").order_by("pk")
    names = {row.key: row.actor.public_name for row in found if row.actor}
    return {key: names[name] for key, name in told.items() if name in names}


def _field(model: Kind, name: str) -> str:
    fields = {one.attname: one for one in model._meta.concrete_fields} | {
        one.name: one for one in values.links_of(model)
    }
    return str(fields[name].verbose_name) if name in fields else name


def _kept(parts: Parts) -> tuple[dict[Kind, list[Any]], dict[Kind, set[Any]]]:
    """Made rows that the public knows by now, and all that stays with them: their parts, and the rows that these name."""
    public: dict[Kind, list[Any]] = {}
    for model, part in parts.items():
        is_public = acts.rule_of(model).is_public
        if is_public and part.made and (found := is_public(list(part.made))):
            public[model] = list(found)
    kept: dict[Kind, set[Any]] = defaultdict(set, {model: set(keys) for model, keys in public.items()})
    for model, part in parts.items():
        for column in _relations(model):
            owners = public.get(column.related_model, ())
            along = {key for key, row in part.made.items() if row.get(column.attname) in owners}
            kept[model] |= along
            public[model] = [key for key in public.get(model, ()) if key not in along]
    for model in list(kept):
        for column in _relations(model):
            named = {parts[model].made[key].get(column.attname) for key in kept[model] if key in parts[model].made}
            if column.related_model in parts:
                kept[column.related_model] |= named & parts[column.related_model].made.keys()
    return public, kept


def _relations(model: Kind) -> list[Any]:
    return [column for column in model._meta.concrete_fields if isinstance(column, ForeignKey)]


def _set_back(model: Kind, part: _Part, *, forum: Forum | None, by: User | None, now: datetime) -> None:
    left, put_back = acts.rule_of(model).left, acts.rule_of(model).put_back
    old: Mapping[Any, Values] = {key: before for key, (before, _after) in part.changed.items()}
    if put_back and forum and old:
        put_back(old, forum, by, now)
    else:
        at = dict.fromkeys(acts.set_by_themselves(model), now)
        values.write(model, {key: {n: v for n, v in (row | at).items() if n not in left} for key, row in old.items()})
    values.make_again(model, part.deleted)


def _in_use(model: Kind, keys: list[Any], *, going: Mapping[Kind, list[Any]]) -> Iterator[Obstacle]:
    """Rows that the act made and that others name by now."""
    if not keys:
        return
    for other, column, name in values.naming(model):
        rows = other._base_manager.filter(**{f"{column.name}__in": keys}).exclude(pk__in=going.get(other, ()))
        numbers: dict[Any, int] = defaultdict(int)
        for key in rows.order_by().values_list(name, flat=True):
            numbers[key] += 1
        for key, number in numbers.items():
            words = ngettext("%(n)s record of “%(kind)s” names it", "%(n)s records of “%(kind)s” name it", number)
            yield Obstacle(model, key, words % {"n": number, "kind": other._meta.verbose_name_plural})


def _delete(model: Kind, keys: list[Any]) -> None:
    """Delete rows that nothing else names: what hangs on them goes with them in the same transaction."""
    if not keys:
        return
    for link in values.links_of(model):
        link.remote_field.through.objects.filter(**{f"{link.m2m_column_name()}__in": keys}).delete()
    rows = model._base_manager.filter(pk__in=keys)
    rows._raw_delete(rows.db)
