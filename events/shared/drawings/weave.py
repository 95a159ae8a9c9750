"""The weave of an edition: 18 Action Lines over 17 goals, woven from the number of sessions in which a line meets a goal. Pure
drawing, for pages, cards and printed matter; what the numbers are is said by who calls."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from math import sqrt
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

CELL = 20
LINES, GOALS = 18, 17

type Counts = Sequence[Sequence[int]]  # sessions of an Action Line (in their order) with a goal


class Palette(NamedTuple):
    ground: str
    warp: str
    weft: str
    light: str
    thread: str


PALETTES = (
    Palette("#20239a", "#4347be", "#9a9de8", "#d2d4ff", "#ffb08a"),  # indigo
    Palette("#0c4640", "#1d6a61", "#7fc4b5", "#cdebe3", "#ffc46b"),  # pine
    Palette("#541a55", "#7f3782", "#d49ad6", "#f3d9f2", "#a8e3d0"),  # plum
    Palette("#123c5e", "#2a618c", "#8fbce0", "#d3e6f6", "#ffb08a"),  # slate
    Palette("#5a2418", "#8a412c", "#e0a183", "#f8dccb", "#9fd3f2"),  # umber
    Palette("#1d1f33", "#41455f", "#a6abcb", "#dfe1f0", "#f2c14e"),  # night
)
FIRST_YEAR = 2026


class Path(NamedTuple):
    """All strokes of one colour and width, as the `d` of an SVG path; their ends are round."""

    colour: str
    width: int
    strokes: str


def palette_number(year: int) -> int:
    """Which of the palettes an edition has."""
    return (year - FIRST_YEAR) % len(PALETTES)


def paths(counts: Counts, *, year: int) -> list[Path]:
    """The strokes of an edition. Up and down run the goals where they meet no line, across the lines where they meet goals."""
    palette = PALETTES[palette_number(year)]
    by_line = [sum(row) for row in counts]
    by_goal = [sum(column) for column in zip(*counts, strict=True)]
    lines = [(row + year) % LINES for row in range(LINES)]
    goals = [(column + 7 * year) % GOALS for column in range(GOALS)]
    themes = sorted(range(LINES), key=lambda line: (-by_line[line], line))[1:3]
    drawn: dict[tuple[str, int], list[str]] = {}
    for column, goal in enumerate(goals):
        key = palette.warp, _width(by_goal[goal], of=by_goal)
        runs = _runs([not counts[line][goal] for line in lines])
        drawn.setdefault(key, []).extend(f"M{_middle(column)} {_middle(first)}v{length}" for first, length in runs)
    for row, line in enumerate(lines):
        key = _colour(line, palette=palette, themes=themes, year=year), _width(by_line[line], of=by_line)
        runs = _runs([bool(counts[line][goal]) for goal in goals])
        drawn.setdefault(key, []).extend(f"M{_middle(first)} {_middle(row)}h{length}" for first, length in runs)
    return [Path(*key, "".join(strokes)) for key, strokes in drawn.items() if strokes]


def svg(woven: Sequence[Path], *, columns: int = GOALS, rows: int = LINES) -> SafeString:
    """The picture, or a part of it from its top left corner, so many cells wide and high. It has no ground of its own."""
    strokes = format_html_join("", '<path stroke="{}" stroke-width="{}" d="{}"/>', woven)
    words = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" fill="none" stroke-linecap="round">{}</svg>'
    return format_html(words, columns * CELL, rows * CELL, strokes)


def _colour(line: int, *, palette: Palette, themes: Collection[int], year: int) -> str:
    if line in themes:
        return palette.thread
    return palette.light if line % 3 == year % 3 else palette.weft


def _width(weight: int, *, of: Sequence[int]) -> int:
    return round(CELL * (0.24 + 0.5 * sqrt(weight / (max(of) or 1))))


def _middle(cell: int) -> int:
    return cell * CELL + CELL // 2


def _runs(cells: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where each run of cells begins, and how long its stroke is, from the middle of the first to that of the last one."""
    for is_run, run in groupby(range(len(cells)), key=cells.__getitem__):
        places = list(run)
        if is_run:
            yield places[0], (len(places) - 1) * CELL
