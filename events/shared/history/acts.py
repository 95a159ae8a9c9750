"""Acts: what is done with many rows as one, such as an import, so that it can be read as one.

An act has an entry of its own in the history; the entries of its rows, whoever writes them, name it. What an import changed, or an
edit of many rows, and what was moved in the draft, stands beside it for 30 days, column by column (`RowChange`), to be taken back: docs/decisions/0048.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import CASCADE, Model, QuerySet

from events.models import Forum, HistoryEntry, RowChange, User
from events.shared.history import hooks, log, values
from events.shared.history.values import Kind, Rows, Values
from events.shared.history.verbs import Verb

KEPT = timedelta(days=30)  # in which an act can be taken back
AT_ONCE = 500
PLAIN_ROWS = hooks.RowRule()
IMPORTS = {Verb.IMPORT_PROGRAMME, Verb.IMPORT_TABLE}
OF_MANY = {*IMPORTS, Verb.EDIT_TOGETHER}  # of other acts nothing is kept but moves in the draft


def rule_of(model: Kind) -> hooks.RowRule:
    """How an act is taken back in rows of a model."""
    return next((rule() for rule in hooks.row_rules.of(model._meta.label_lower)), PLAIN_ROWS)


class Act:
    """An act under way. `entry`: its own; `kept`: the fields whose values the entries of its rows hold; None: it writes none."""

    def __init__(self, entry: HistoryEntry, *, kept: Any) -> None:
        self.entry, self.kept = entry, kept
        self._watched: list[QuerySet[Any]] = []
        self._before: dict[Kind, Rows] = defaultdict(dict)
        self._made: dict[Kind, set[Any]] = defaultdict(set)

    def will_change(self, *found: QuerySet[Any]) -> None:
        """Lock rows, and remember how they are. A row that is among those found afterwards counts as made by the act: only
        parts of locked rows can be."""
        for rows in found:
            self._before[rows.model] |= values.lock(rows)
            self._watched.append(rows)

    def made(self, model: Kind, keys: Collection[Any]) -> None:
        """Say which rows the act has made."""
        self._made[model].update(keys)

    def _changes(self) -> Iterator[tuple[Kind, Any, Values | None, Values | None]]:
        """Each row that has changed: its model and key, and its columns before and after."""
        for rows in self._watched:
            keys = set(rows.all().values_list("pk", flat=True))
            self._made[rows.model] |= keys - self._before[rows.model].keys()
        self._made_along()
        for model in dict.fromkeys([*self._made, *self._before]):
            was, made = self._before[model], self._made[model]
            left = rule_of(model).left | set_by_themselves(model)
            now = values.read(model._base_manager.filter(pk__in=[*was, *made])) if was or made else {}
            for key in [*was, *sorted(made & now.keys() - was.keys())]:
                before, after = was.get(key), now.get(key)
                if before is not None and after is not None:
                    names = [name for name in after if name not in left and before[name] != after[name]]
                    before, after = ({name: side[name] for name in names} for side in (before, after))
                    if not names or rule_of(model).put_back:  # its rule keeps what it changes (`keep`)
                        continue
                yield model, key, before, after

    def _made_along(self) -> None:
        """Rows that go when made ones go: nobody else can have made them, for nobody else sees those yet."""
        models = list(self._made)
        for model in models:
            for other, column, _name in values.naming(model):
                if column.remote_field.on_delete is CASCADE and self._made[model]:
                    rows = other._base_manager.filter(**{f"{column.name}__in": self._made[model]})
                    found = set(rows.values_list("pk", flat=True)) - self._before[other].keys()
                    if found and other not in models:
                        models.append(other)
                    self._made[other] |= found

    def end(self) -> None:
        """Write down what it changed, and the entries of its rows."""
        found = list(self._changes())
        changes = [
            RowChange(act=self.entry, model=model._meta.label_lower, key=str(key), before=before, after=after)
            for model, key, before, after in found
            if self.entry.verb in {*OF_MANY, Verb.TAKE_BACK}
        ]
        RowChange.objects.bulk_create(changes, batch_size=AT_ONCE)
        if self.kept is not None:
            self._tell(found)

    def _tell(self, found: list[tuple[Kind, Any, Values | None, Values | None]]) -> None:
        """The entries of the rows: a row with its parts in one."""
        by_model: dict[Kind, list[tuple[Any, Values | None, Values | None]]] = defaultdict(list)
        for model, key, before, after in found:
            by_model[model].append((key, before, after))
        told: dict[tuple[Kind, Any], tuple[Values, Values]] = defaultdict(lambda: ({}, {}))
        for model, rows in by_model.items():
            rule = rule_of(model)
            sides = [
                values.in_words(model, [_told(model, row, side) for row in rows], kept=self.kept) for side in (1, 2)
            ]
            if rule.part_of:
                self._tell_parts(model, rows, sides, told)
                continue
            for (key, _before, _after), before, after in zip(rows, *sides, strict=True):
                told[model, key][0].update(before)
                told[model, key][1].update(after)
        self._write(told)

    def _write(self, told: dict[tuple[Kind, Any], tuple[Values, Values]]) -> None:
        keys = defaultdict(list)
        for model, key in told:
            keys[model].append(key)
        there = {model: values.called(model).in_bulk(found) for model, found in keys.items()}
        entries = []
        for (model, key), (before, after) in told.items():
            row = there[model].get(key) or model(pk=key)
            label = "" if isinstance(self.kept, log.Every) and key in there[model] else f"#{key}"
            more: dict[str, Any] = {"label": label, "forum_id": self.entry.forum_id, "before": before, "after": after}
            entries.append(log.entry(row, verb=self.entry.verb, by=self.entry.actor, now=self.entry.at, **more))
        log.record_many(entries)

    def _tell_parts(self, model: Kind, rows: Any, sides: Any, told: Any) -> None:
        """What was added to a row, changed in it and taken from it: by the names of the parts, or, where a row has but one such
        part, by what is in it."""
        whole: Any = model._meta.get_field(rule_of(model).part_of)
        there = values.called(model).in_bulk([key for key, _before, _after in rows])
        for (key, before, after), was, now in zip(rows, *sides, strict=True):
            row = there.get(key)
            owner = getattr(row, whole.attname) if row else (before or {})[whole.attname]
            if whole.one_to_one:
                told[whole.related_model, owner][0].update(was)
                told[whole.related_model, owner][1].update(now)
                continue
            what = "added" if before is None else "deleted" if after is None else "changed"
            side = told[whole.related_model, owner][after is not None]
            side.setdefault(f"{model._meta.model_name} {what}", []).append(str(row) if row else f"#{key}")


def keep(entries: Sequence[HistoryEntry], changes: Iterable[tuple[Model, Values, Values]]) -> None:
    """Keep what a rule changed in rows (with an entry for each, saved): what was, and is, in some columns. It belongs to the
    act that is under way, else each to its own entry."""
    act = log.act_under_way.get()
    RowChange.objects.bulk_create(
        [
            RowChange(act_id=act or entry.pk, model=row._meta.label_lower, key=str(row.pk), before=before, after=after)
            for entry, (row, before, after) in zip(entries, changes, strict=True)
        ],
        batch_size=AT_ONCE,
    )


def set_by_themselves(model: Kind) -> set[str]:
    """Columns that hold the moment of the last change."""
    return {field.attname for field in model._meta.concrete_fields if getattr(field, "auto_now", False)}


def _told(model: Kind, row: tuple[Any, Values | None, Values | None], side: int) -> Values:
    """One side of a change; of a row that was made or deleted what somebody can fill in, and did."""
    found = row[side] or {}
    if row[1] is not None and row[2] is not None:
        return found
    rule = rule_of(model)
    hidden = {
        field.attname for field in model._meta.concrete_fields if not field.editable or field.name == rule.part_of
    }
    hidden |= rule.left | set_by_themselves(model) | {"forum_id"}
    return {name: value for name, value in found.items() if name not in hidden and value not in (None, "", [], {})}


@contextmanager
def act(subject: Model, *, verb: str, by: User | None, now: datetime, kept: Any = (), **more: Any) -> Iterator[Act]:
    """Do something with many rows as one, in a transaction: `with acts.act(forum, verb=…) as act`. Before it changes rows
    that are there, `act.will_change(rows)`; after it has made some, `act.made(model, keys)`.

    `kept`: the names of the fields whose values the history may hold, of the others it says only that they changed; None: the
    act writes no entries of its rows. `more`: as `log.entry` takes it.
    """
    with transaction.atomic():
        entry = log.record(subject, verb=verb, by=by, now=now, **more)
        under_way = Act(entry, kept=kept)
        token = log.act_under_way.set(entry.pk)
        try:
            yield under_way
            under_way.end()
        finally:
            log.act_under_way.reset(token)


def forget(*, now: datetime, forum: Forum | None = None) -> int:
    """Delete what acts changed once it is older than it is kept; of a forum all of it. Return how many rows."""
    rows = (
        RowChange.objects.filter(act__at__lt=now - KEPT)
        if forum is None
        else RowChange.objects.filter(act__forum=forum)
    )
    return rows.delete()[0]


def forget_rows(rows: QuerySet[Any]) -> None:
    """Delete what acts changed in rows of somebody who is erased: taking back an act leaves them as they are."""
    keys = [str(key) for key in rows.order_by().values_list("pk", flat=True)]
    RowChange.objects.filter(model=rows.model._meta.label_lower, key__in=keys).delete()
