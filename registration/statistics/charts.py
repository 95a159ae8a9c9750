"""Numbers for charts: pure arithmetic, no database, no markup. All lengths are in percent of the drawing."""

from bisect import bisect_right
from collections.abc import Sequence
from math import ceil, floor, log10
from typing import NamedTuple

from registration.statistics.tables import PublicTable

MOST_LABELS = 13
SHADES = (1, 10, 50, 250, 1000)  # from how many attendances on each of the five shades is used


class Bar(NamedTuple):
    """One row of a bar chart: `width` of its bar where the longest is 100, `share` of the total, both in percent; `number` of
    attendances, and how many `people` they are. A hidden group has none of them."""

    code: str
    label: str
    number: int | None
    share: int | None
    width: float
    people: int | None = None


def bars(table: PublicTable, *, most: int | None = None) -> list[Bar]:
    """The bars of a table's attendances; a hidden group has neither number nor bar.

    Of at most so many, the hidden ones are left out, unless all are hidden.
    """
    longest = max((row.counts.attendances for row in table.rows if row.counts), default=0)
    rows = table.rows if most is None else [row for row in table.rows if row.counts] or table.rows
    bars = []
    for code, label, counts in rows[:most]:
        number = counts.attendances if counts else None
        part = None if number is None else share(number, total=table.total.attendances)
        width = round(100 * (number or 0) / (longest or 1), 1)
        bars.append(Bar(code, label, number, part, width, counts.people if counts else None))
    return bars


def share(part: int, *, total: int) -> int:
    """A part of a total in whole percent, halves rounded up; 0 of nothing."""
    return floor(100 * part / total + 0.5) if total else 0


def scale(most: int) -> list[int]:
    """Round numbers for an axis, from 0 to the first at or above `most`, three or four steps of 1, 2, 2.5 or 5 × 10ⁿ."""
    if most <= 3:
        return list(range(max(most, 1) + 1))
    rough = most / 4
    power = 10 ** floor(log10(rough))
    steps = [factor * power for factor in (1, 2, 2.5, 5, 10)]
    step = next(int(one) for one in steps if one >= rough and one % 1 == 0)
    return [step * n for n in range(ceil(most / step) + 1)]


class LineChart(NamedTuple):
    """A line chart of two series: `points` for SVG polylines in a square of 100, y downwards; axis labels beside."""

    attendances: str
    people: str
    area: str
    grid: list[float]
    ticks: list[int]
    weeks: list[str]


def lines(table: PublicTable, *, weeks: int) -> LineChart | None:
    """The growth of a forum of so many weeks; None while fewer than two points may be shown."""
    shown = [(int(row.code), row.counts) for row in table.rows if row.counts is not None]
    if len(shown) < 2:
        return None
    last = max(weeks, shown[-1][0])
    ticks = scale(max(counts.attendances for _week, counts in shown))

    def x(week: int) -> float:
        return round(100 * (week - 1) / (last - 1), 2)

    def y(number: int) -> float:
        return round(100 - 100 * number / ticks[-1], 2)

    attendances = [(x(week), y(counts.attendances)) for week, counts in shown]
    people = [(x(week), y(counts.people)) for week, counts in shown]
    area = [(attendances[0][0], 100.0), *attendances, (attendances[-1][0], 100.0)]
    every = ceil(last / MOST_LABELS)
    return LineChart(
        attendances=_points(attendances),
        people=_points(people),
        area=_points(area),
        grid=[y(tick) for tick in ticks],
        ticks=ticks[::-1],
        weeks=[str(week) if (week - 1) % every == 0 else "" for week in range(1, last + 1)],
    )


def _points(pairs: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in pairs)


def shade(number: int | None) -> int:
    """The shade for a number of attendances, 1 to 5; 0 for none and for one that is hidden. The same in every edition and picture."""
    return bisect_right(SHADES, number or 0)
