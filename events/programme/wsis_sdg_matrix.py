"""Action Lines by goals: the number of sessions in each cell, and whether the WSIS–SDG Matrix links the two."""

from math import ceil
from typing import Any, NamedTuple

from django.db.models import Count

from events.models import SDG, ActionLine, Forum, MatrixLink, Session
from events.programme.forum_home import action_lines

HEAT_STEPS = 5


class MatrixCell(NamedTuple):
    """`step` of the heat map: 0 where there is no session, 5 where there are most."""

    sdg: SDG
    sessions: int
    step: int
    is_linked: bool


class MatrixRow(NamedTuple):
    action_line: ActionLine
    cells: list[MatrixCell]


def matrix(forum: Forum) -> tuple[list[SDG], list[MatrixRow]]:
    """The number of public sessions for each Action Line and goal, and whether the WSIS–SDG Matrix links the two.

    A session of several Action Lines and goals stands in each of their cells.
    """
    goals = list(SDG.objects.all())
    links = set(MatrixLink.objects.values_list("action_line_id", "sdg_id"))
    counted: Any = (
        Session.objects.public()
        .filter(forum=forum, action_lines__isnull=False, sdgs__isnull=False)
        .order_by()
        .values_list("action_lines", "sdgs")
        .annotate(Count("pk", distinct=True))
    )
    counts = {(line, goal): number for line, goal, number in counted}
    most = max(counts.values(), default=1)
    table = []
    for line in action_lines(forum):
        cells = []
        for goal in goals:
            number = counts.get((line.pk, goal.pk), 0)
            cells.append(MatrixCell(goal, number, ceil(HEAT_STEPS * number / most), (line.pk, goal.pk) in links))
        table.append(MatrixRow(line, cells))
    return goals, table
