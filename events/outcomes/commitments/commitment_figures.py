"""How many commitments of a forum were kept: in all, by Action Line and by goal."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Prefetch

from events.models import Commitment, CommitmentReport, Forum, Outcome
from events.shared.formatting.names import term

SILENT = "silent"  # in place of a state: nothing is confirmed yet
STATES = (*CommitmentReport.State.values, SILENT)


class StateFigures(NamedTuple):
    """How many commitments are in each state, in the order of `STATES`; `address` leads to them on the list of outcomes."""

    label: str
    total: int
    counts: list[int]
    address: str = ""


class CommitmentFigures(NamedTuple):
    """The commitments of a forum, and how they stand."""

    forum: Forum
    commitments: list[Commitment]
    all: StateFigures
    by_line: list[StateFigures]
    by_goal: list[StateFigures]

    @property
    def kept(self) -> int:
        return self.all.counts[STATES.index(CommitmentReport.State.KEPT)]


def figures(forum: Forum, *, now: datetime) -> CommitmentFigures:
    """The public commitments of a forum with what is confirmed of them. Four queries."""
    rows = Commitment.objects.filter(outcome__in=Outcome.objects.public(now), outcome__forum=forum)
    reports = Prefetch("reports", CommitmentReport.objects.public(), to_attr="public_reports")
    found: list[Commitment] = list(
        rows.select_related("outcome", "organisation")
        .prefetch_related(reports, "outcome__action_lines", "outcome__sdgs")
        .order_by("outcome__order", "pk")
    )
    return CommitmentFigures(
        forum,
        found,
        _line("", found),
        _grouped(found, of=lambda row: row.outcome.action_lines.all(), name=_of_line),
        _grouped(found, of=lambda row: row.outcome.sdgs.all(), name=_of_goal),
    )


def _line(label: str, rows: Iterable[Commitment], *, address: str = "") -> StateFigures:
    counts = Counter(row.latest.state if row.latest else SILENT for row in rows)
    return StateFigures(label, counts.total(), [counts[state] for state in STATES], address)


def _grouped(
    rows: list[Commitment], *, of: Callable[[Commitment], Iterable[Any]], name: Callable[[Any], tuple[str, str]]
) -> list[StateFigures]:
    """A line for each Action Line or goal that some commitments have; one with several counts in each."""
    groups: dict[Any, list[Commitment]] = {}
    for row in rows:
        for one in of(row):
            groups.setdefault(one, []).append(row)
    lines = []
    for one in sorted(groups, key=lambda one: getattr(one, "order", one.pk)):
        label, address = name(one)
        lines.append(_line(label, groups[one], address=address))
    return lines


def _of_line(line: Any) -> tuple[str, str]:
    return f"{line.label} {term(line.short_name)}", f"?action_line={line.code}"


def _of_goal(goal: Any) -> tuple[str, str]:
    return f"{goal.number} {term(goal.title)}", f"?sdg={goal.number}"
