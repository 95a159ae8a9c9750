"""The weave of an edition from its programme: which Action Lines meet which goals."""

from events.models import Forum
from events.programme.wsis_sdg_matrix import matrix
from events.shared.drawings import weave


def counts(forum: Forum) -> weave.Counts:
    """The public sessions of each Action Line with each goal; before there are any, 1 where the WSIS–SDG Matrix links the two."""
    _goals, table = matrix(forum)
    cells = [[(cell.sessions, cell.is_linked) for cell in row.cells] for row in table]
    has_sessions = any(sessions for row in cells for sessions, _linked in row)
    numbers = [[sessions if has_sessions else int(linked) for sessions, linked in row] for row in cells]
    padded = [[*row, *[0] * weave.GOALS][: weave.GOALS] for row in numbers]
    return [*padded, *[[0] * weave.GOALS for _line in range(weave.LINES)]][: weave.LINES]


def paths(forum: Forum) -> list[weave.Path]:
    """The strokes of a forum's weave."""
    return weave.paths(counts(forum), year=forum.starts.year)
