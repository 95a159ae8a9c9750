"""A step of what the public is told of a forum's figures: pure, with all that was told before (docs/decisions/0060).

A number moves by nothing or by at least five, and only where whoever kept what was public before cannot work out that anything else
moved by less.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

from events.disclosure.hidden_cells import Sum, hide_changes, is_small
from events.disclosure.open_growth import OpenGrowth
from events.disclosure.running_totals import told_points
from registration.attendance.linked_tables import GROUPS, SESSION, Key, sums_of_places, sums_of_sessions, sums_of_weeks
from registration.models import Tally

Dimension = Tally.Dimension
type Cells = dict[Key, int]
type Told = dict[Key, int | None]

ATTENDANCES, PEOPLE, APART = MEASURES = ("attendances", "people", "apart")
TOTAL: Key = (Dimension.TOTAL, "")
PLACES = (Dimension.REGION, Dimension.COUNTRY)
# Not of attendances: people registered, those of them who did not come, public speakers and their genders, and whether the table
# of sessions leaves some out.
REGISTERED, ABSENT, SPEAKING, LEFT_OUT = ("registered", ""), ("absent", ""), ("speaking", ""), ("left_out", "")
SPEAKERS = "speakers"


class PublicFacts(NamedTuple):
    """What everybody knows: the region of each country, the sessions of each group and week, and those that are public."""

    region_of: Mapping[str, str]
    members: Mapping[Key, Collection[str]]
    listed: Collection[str]


@dataclass
class Memory:
    """What was told of one measure: at which step each cell was told last, how much growth is open in each whole, and the track, the
    Action Lines and the goals that each session had when it was counted first."""

    step: int = 0
    since: dict[Key, int] = field(default_factory=dict)
    open: dict[Key, OpenGrowth] = field(default_factory=dict)
    groups: dict[Key, list[list[str]]] = field(default_factory=dict)


@dataclass
class State:
    """What is told, by measure and cell, and what is remembered of the steps that led there."""

    told: dict[str, Told] = field(default_factory=lambda: {name: {} for name in MEASURES})
    memory: dict[str, Memory] = field(default_factory=lambda: {ATTENDANCES: Memory(), PEOPLE: Memory()})


def step(state: State, counted: Mapping[str, Cells], *, known: PublicFacts, may_move: bool) -> State:
    """What is told after a step. Figures of attendance stand still but where they `may_move`: people enter a session together. Where a total moved by 1 to 4, nothing of its measure moves."""
    after = deepcopy(state)
    for measure in (ATTENDANCES, PEOPLE):
        total, old = counted[measure].get(TOTAL, 0), state.told[measure].get(TOTAL) or 0
        if may_move and total != old and not is_small(total) and not is_small(abs(total - old)):
            _Step(measure, state, after, counted, known).take()
    after.told[PEOPLE] |= of_dimensions([SESSION], after.told[ATTENDANCES])  # nobody stands twice in a session
    return after


def of_dimensions(dimensions: Iterable[str], cells: Mapping[Key, Any]) -> dict[Key, Any]:
    """The cells of some dimensions."""
    return {key: number for key, number in cells.items() if key[0] in dimensions}


def _weeks(cells: Mapping[Key, Any]) -> range:
    return range(1, max((int(week) for name, week in cells if name == Dimension.GROWTH), default=0) + 1)


@dataclass
class _Step:
    """A step of one measure, whose total moves."""

    measure: str
    state: State
    after: State
    counted: Mapping[str, Cells]
    known: PublicFacts

    def take(self) -> None:
        """Move the total, and then what adds up to it."""
        self.memory.step += 1
        self.told[TOTAL] = self.true[TOTAL]
        regions, countries = ({value: None for name, value in self.keys(one)} for one in PLACES)
        self._move(*PLACES, sums=sums_of_places(regions, countries, region_of=self.known.region_of))
        for dimension in (Dimension.STAKEHOLDER_TYPE, Dimension.GENDER):
            self._move(dimension, sums=[Sum(None, tuple(self.keys(dimension)))])
        self._growth()
        if self.measure == PEOPLE:  # of the people of a group others may be of a second one: they do not add up
            self._move(*GROUPS, sums=[])
        else:
            self._sessions()

    @property
    def told(self) -> Told:
        return self.after.told[self.measure]

    @property
    def memory(self) -> Memory:
        return self.after.memory[self.measure]

    @property
    def before(self) -> Told:
        return self.state.told[self.measure]

    @property
    def true(self) -> Cells:
        return self.counted[self.measure]

    def keys(self, *dimensions: str) -> dict[Key, None]:
        return dict.fromkeys([*of_dimensions(dimensions, self.before), *of_dimensions(dimensions, self.true)])

    def _move(
        self,
        *dimensions: str,
        sums: list[Sum],
        spans: Iterable[Sum] = (),
        small: Iterable[Key] = (),
        unlisted: Collection[Key] = (),
        standing: Mapping[Key, int] | None = None,
    ) -> None:
        """Move the cells of some dimensions on. `standing`: cells of others that stay as they were told, with their true numbers, and
        are to be protected too."""
        before, true = of_dimensions(dimensions, self.before), of_dimensions(dimensions, self.true)
        others = standing or {}
        hidden = hide_changes(
            before | {key: self.told[key] for key in others},
            true | dict(others),
            [*sums, *spans],
            small=[*small, *others],
            unlisted=unlisted,
        )
        moved = {key: true.get(key, 0) - (before.get(key) or 0) for key in self.keys(*dimensions)}
        moved = {key: by for key, by in moved.items() if by and key not in hidden.cells and key not in unlisted}
        self._hold_back(moved, sums)
        for key in self.keys(*dimensions):
            if key in moved:
                self.told[key], self.memory.since[key] = true.get(key, 0), self.memory.step
            elif key not in unlisted and key not in hidden.unnamed and true.get(key):
                self.told.setdefault(key, None)
        if SESSION in dimensions:
            self.after.told[APART][LEFT_OUT] = any(key not in self.told for key in hidden.unnamed)

    def _hold_back(self, moved: Cells, sums: list[Sum]) -> None:
        """Take out of what would move what a reader of all steps could reckon with; write down what is told of each whole."""
        wholes = [(one.whole or (one.parts[0][0], ""), one) for one in sums if one.parts]
        for key, one in wholes:
            if one.whole is not None and one.whole not in moved:
                held = set(one.parts)
            else:
                growth = self.memory.open.setdefault(key, OpenGrowth())
                theirs = {part: moved[part] for part in one.parts if part in moved}
                held = growth.held_back(
                    self.true.get(one.whole or TOTAL, 0), theirs, parts=one.parts, since=self.memory.since
                )
            for part in held:
                moved.pop(part, None)
        for key, one in wholes:
            if one.whole is None or one.whole in moved:
                theirs = {part: moved[part] for part in one.parts if part in moved}
                whole = self.true.get(one.whole or TOTAL, 0)
                self.memory.open[key].tell(
                    whole, theirs, since=self.memory.since, parts=one.parts, step=self.memory.step
                )

    @cached_property
    def points(self) -> list[int]:
        """The true running totals, of every week up to the last one that is counted."""
        points, latest = [], 0
        for week in range(1, max(len(_weeks(self.before)), len(_weeks(self.true))) + 1):
            latest = self.true.get((Dimension.GROWTH, str(week)), latest)
            points.append(latest)
        return points

    def _growth(self) -> None:
        """Move the running totals."""
        before = [self.before.get((Dimension.GROWTH, str(week))) for week in _weeks(self.before)]
        told = told_points(before, self.points)
        self.told.update({(Dimension.GROWTH, str(week)): number for week, number in enumerate(told, start=1)})

    def _sessions(self) -> None:
        """Move attendances of sessions and their groups."""
        told_of = {
            week: (self.told[Dimension.GROWTH, str(week)], true) for week, true in enumerate(self.points, start=1)
        }
        exact = [week for week, (told, true) in told_of.items() if told == true]
        behind = [week for week, (told, true) in told_of.items() if told is not None and is_small(abs(true - told))]
        spans = [range(first + 1, last + 1) for first, last in pairwise([0, *exact])]
        people, told = self.counted[PEOPLE], self.state.told[PEOPLE]
        few = [
            key
            for key in self.keys(*GROUPS)
            if is_small(people.get(key, 0)) or is_small(abs(people.get(key, 0) - (told.get(key) or 0)))
        ]
        keys = self.keys(SESSION, *GROUPS)
        unlisted = {key for key in keys if key[0] == SESSION and key[1] not in self.known.listed}
        self._move(
            *(SESSION, *GROUPS),
            sums=sums_of_sessions(keys, members=self.known.members),
            spans=[*sums_of_weeks(spans, members=self.known.members), *self._running(behind)],
            small=few,
            standing={(Dimension.GROWTH, str(week)): self.points[week - 1] for week in behind},
            unlisted=unlisted | self._regrouped(),
        )

    def _regrouped(self) -> set[Key]:
        """Sessions that have other groups than when they were counted first, and all these groups. They stay as they were told: what a
        group was told with one of them, less what is told of the others later, would tell of what is left."""
        groups: dict[Key, list[list[str]]] = defaultdict(list)
        for key, codes in sorted(self.known.members.items()):
            for code in codes if key[0] in GROUPS else ():
                groups[SESSION, code].append([str(one) for one in key])
        found: set[Key] = set()
        for key in self.keys(SESSION):
            first, now = self.memory.groups.setdefault(key, groups[key]), groups[key]
            if first != now:
                found |= {key, *((name, value) for name, value in [*first, *now])}
        return found

    def _running(self, weeks: Iterable[int]) -> Iterable[Sum]:
        """Which sessions add up to the running total of a week."""
        spans = {week: sums_of_weeks([range(1, week + 1)], members=self.known.members) for week in weeks}
        return [Sum((Dimension.GROWTH, str(week)), one.parts) for week, (one,) in spans.items()]
