"""Attendances by Action Line and goal, as the public may see them."""

from datetime import timedelta
from typing import NamedTuple

from events.models import SDG, ActionLine, Session
from events.programme import wsis_sdg_matrix
from registration.models import Tally
from registration.sessions.attendance.linked_tables import Counts
from registration.statistics.charts import shade
from registration.statistics.tables import PublicFigures, table

Dimension = Tally.Dimension
SOON = timedelta(days=1)  # whoever enters a session enters it less than this before its start

type Pair = tuple[str, int]  # the code of an Action Line, and the number of a goal


class HeatMapCell(NamedTuple):
    """The attendances of the public sessions of an Action Line and a goal; None where they are not shown, 0 where there are none."""

    number: int | None

    @property
    def shade(self) -> int:
        return shade(self.number)


class HeatRow(NamedTuple):
    """An Action Line: a cell for each goal, and the number of its own table; 0 where that has no such line."""

    action_line: ActionLine
    cells: list[HeatMapCell]
    total: HeatMapCell


def heat_map(found: PublicFigures) -> tuple[list[SDG], list[HeatRow]]:
    """The goals, and a row for each Action Line. A session of several Action Lines and goals stands in each of their cells.

    A cell says nothing new: it has a number only where each of its sessions has one in the table of sessions. Where that table
    leaves sessions out, these and the ones that nobody attended look alike here too. One query more then.
    """
    goals, rows = wsis_sdg_matrix.matrix(found.forum)
    of_lines = {row.code: row.counts for row in table(found, dimension=Dimension.ACTION_LINE).rows}
    silent = _silent(found)
    return goals, [
        HeatRow(
            row.action_line,
            [
                HeatMapCell(None if pair in silent else _attendances(found, pair))
                for pair in ((row.action_line.code, goal.number) for goal in goals)
            ],
            HeatMapCell(counts.attendances if (counts := of_lines.get(row.action_line.code, Counts(0, 0))) else None),
        )
        for row in rows
    ]


def _attendances(found: PublicFigures, pair: Pair) -> int | None:
    """Of the public sessions of an Action Line and a goal; None where one of them is not told."""
    line, goal = pair
    of_both = (found.members[Dimension.ACTION_LINE, line], found.members[Dimension.SDG, str(goal)])
    told = [found.sessions[code] for code in found.sessions.keys() & set.intersection(*of_both)]
    return sum(counts.attendances for counts in told if counts) if all(told) else None


def _silent(found: PublicFigures) -> set[Pair]:
    """The cells about which nothing may be said: a session in them may be one that the table of sessions leaves out."""
    if found.counted is None or not found.leaves_sessions_out:
        return set()
    begun = Session.objects.public().filter(forum=found.forum, starts__lte=found.counted + SOON)
    without = begun.exclude(code__in=found.sessions).order_by()
    return set(without.values_list("action_lines__code", "sdgs__number").distinct())
