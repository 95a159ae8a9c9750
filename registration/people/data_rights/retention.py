"""How long personal data is kept after a forum: the usual periods (`hooks.retention`), what organisers set instead, and the task
that deletes what was kept for its time."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy

from events.models import Forum
from events.periods_of_keeping import clear_account_mails
from events.shared import hooks
from events.shared.held_rows import Period
from events.shared.history import acts
from events.shared.history import log as history
from events.shared.jobs.sweeps import Sweep
from registration.models import RetentionPeriod
from registration.people.accounts.verbs import RegistrationVerb

logger = logging.getLogger(__name__)
PERIODS = Sweep("periods", gettext_lazy("Data that was kept for its time"))


def periods() -> list[Period]:
    """The kinds of data that are kept for a time, with their usual periods."""
    return [period for function in hooks.retention.of() for period in function()]


def labels() -> dict[str, Any]:
    """The words for each kind."""
    return {period.kind: period.words for period in periods()}


def days_of(forums: Sequence[Forum]) -> dict[int, dict[str, int]]:
    """By the key of each forum: how many days after its last day each kind is kept. One query."""
    usual = {period.kind: period.days for period in periods()}
    found = {forum.pk: dict(usual) for forum in forums}
    for row in RetentionPeriod.objects.filter(forum__in=found):
        if row.kind in usual:
            found[row.forum_id][row.kind] = row.days
    return found


def clear_due(now: datetime) -> dict[str, int]:
    """Delete what was kept for its time, with its files; return how many rows of each kind. What was done stands in the history
    of the forum. Doing it twice changes nothing."""
    real = Forum.objects.filter(is_sample=False).order_by("pk")  # people of the sample are made up
    days = days_of(list(real))
    due = [(forum, period) for forum in real for period in periods()]
    total: dict[str, int] = defaultdict(int)

    def clear(one: tuple[Forum, Period]) -> None:
        forum, period = one
        number = days[forum.pk][period.kind]
        if not _is_over(forum.ends, days=number, today=forum.today(now)):
            if not period.early:
                return
            period = replace(period, clear=partial(period.early, days=number))
        total[period.kind] += _clear(forum, period, now=now)

    PERIODS.each(
        due, clear, now=now, key=lambda one: f"{one[0].pk}:{one[1].kind}", forum=lambda one: one[0].pk, is_whole=False
    )
    total["account-mails"] = clear_account_mails(now)
    return {kind: number for kind, number in total.items() if number}


def _is_over(ends: date, *, days: int, today: date) -> bool:
    """Kept on the last of the days, gone on the next one."""
    return today > ends + timedelta(days=days)


def _clear(forum: Forum, period: Period, *, now: datetime) -> int:
    with transaction.atomic():
        cleared = period.clear(forum, now)
        if cleared.rows:
            after = {"what": period.kind, "rows": cleared.rows, "files": cleared.files}
            acts.forget(now=now, forum=forum)  # what was in these rows, too
            history.record(forum, verb=RegistrationVerb.CLEAR_PERIOD, by=None, now=now, after=after)
            words = "%s rows and %s files of %s of forum %s were kept for their time and deleted"
            logger.info(words, cleared.rows, cleared.files, period.kind, forum.slug)
    if cleared.tries:
        cleared.tries.tell()
    return cleared.rows


# --- the privacy notice ---------------------------------------------------------------------------
class RetentionLine(NamedTuple):
    """A kind of data in the notice: for how many days after the forum it is kept, and its words."""

    days: int
    words: str

    @property
    def years(self) -> int:
        """The same in years of 365 days; 0 where it is no whole number of them."""
        return 0 if self.days % 365 else self.days // 365


class RetentionGroup(NamedTuple):
    """Forums that keep everything equally long."""

    forums: list[Forum]
    lines: list[RetentionLine]


@hooks.retention_notice()
def notice(now: datetime) -> list[RetentionGroup]:
    """What the privacy notice says of the public forums, those first that come or run. Three queries."""
    forums = list(Forum.objects.public().order_by("-starts"))
    days, known = days_of(forums), periods()
    groups: dict[tuple[int, ...], RetentionGroup] = {}
    for forum in forums:
        numbers = tuple(days[forum.pk][period.kind] for period in known)
        lines = [RetentionLine(number, str(period.words)) for period, number in zip(known, numbers, strict=True)]
        groups.setdefault(numbers, RetentionGroup([], sorted(lines))).forums.append(forum)
    return list(groups.values())
