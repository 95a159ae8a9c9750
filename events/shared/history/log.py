"""Writing the history. Who may read which part of it: events.shared.admin.shown_history.

An entry is written in the transaction of the verb that it speaks of. It holds no address of a person and no choice of a
ballot, and of rows with personal data only which columns changed: the history is kept when these rows are not. It leaves a line in the
log, too: the event, the account that did it, the row, and no content (the id of the request and its network:
config.running.monitoring.log_lines).
"""

import logging
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

from events.models import HistoryEntry, User
from events.models.forum import forum_key, forum_paths
from events.shared.history import verbs

logger = logging.getLogger("history")

BATCH = 500
type Values = Mapping[str, Any]
# The key of the act that is under way (events.shared.history.acts): what rules write until it ends belongs to it.
act_under_way: ContextVar[int | None] = ContextVar("act_under_way", default=None)


class Every(Container[str]):
    """The names of all fields, without a few."""

    def __init__(self, *, but: Container[str] = ()) -> None:
        self.but = but

    def __contains__(self, name: object) -> bool:
        return name not in self.but


EVERY = Every()


def entry(
    subject: Model,
    *,
    verb: str,
    by: User | None,
    now: datetime,
    forum_id: int | None = None,
    label: str | None = None,
    before: Values | None = None,
    after: Values | None = None,
    reason: str = "",
) -> HistoryEntry:
    """An entry that is not saved yet. `by`: nobody where the site itself acts at a set time.

    `subject`: one that is not saved stands for rows of its model. `forum_id`: else that of the row; `label`: what the row is
    called, else its `history_label` or its name; `before` and `after`: values that JSON can hold.
    """
    if not verbs.is_known(verb):
        raise LookupError(f"no app has registered the verb {verb!r}")
    paths = forum_paths(type(subject)) or (["forum"] if hasattr(subject, "forum_id") else [])
    return HistoryEntry(
        forum_id=forum_id or next((key for path in paths if (key := forum_key(subject, path))), None),
        actor=by,
        at=now,
        verb=verb,
        model=subject._meta.label_lower,
        key=str(subject.pk or ""),
        subject=(label or getattr(subject, "history_label", "") or str(subject))[:250],
        before=dict(before or {}),
        after=dict(after or {}),
        reason=reason,
        act_id=act_under_way.get(),
    )


def record(subject: Model, *, verb: str, by: User | None, now: datetime, **more: Any) -> HistoryEntry:
    """Write what was done with a row; the parameters are those of `entry`."""
    row = entry(subject, verb=verb, by=by, now=now, **more)
    row.save()
    _write_lines([row])
    return row


def record_many(entries: Iterable[HistoryEntry]) -> None:
    """Write what was done with many rows."""
    rows = list(entries)
    HistoryEntry.objects.bulk_create(rows, batch_size=BATCH)
    _write_lines(rows)


def write_line(event: str, *, account: int | None, row: str = "", number: int = 1) -> None:
    """Write a line into the log. `account`: the key of who did it; `row`: a model and a key; `number`: how many times."""
    about = {"event": str(event), "account": account, "row": row, "number": number}
    logger.info("%(event)s: account %(account)s, row %(row)s, %(number)s", about, extra=about)


def _write_lines(entries: Sequence[HistoryEntry]) -> None:
    """Write a line for an entry once its transaction is committed; for many of one event one with their number."""
    if len(entries) == 1:
        (entry,) = entries
        groups = {(entry.verb, entry.actor_id, f"{entry.model} {entry.key}"): 1}
    else:
        groups = Counter((entry.verb, entry.actor_id, entry.model) for entry in entries)
    for (verb, by, row), number in groups.items():
        transaction.on_commit(partial(write_line, verb, account=by, row=row, number=number), robust=True)


def of(subject: Model) -> QuerySet[HistoryEntry]:
    """The history of a row, the newest entry first."""
    return HistoryEntry.objects.filter(model=subject._meta.label_lower, key=str(subject.pk))
