"""A step of what the public is told of a forum's figures: pure, with all that was told before (docs/decisions/0060).

A number moves by nothing or by at least five, and only where whoever kept what was public before cannot work out that anything else
moved by less.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Set
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

from events.shared.disclosure.hidden_cells import Hidden, Sum, hide_changes, is_small
from events.shared.disclosure.open_growth import OpenGrowth
from events.shared.disclosure.running_totals import told_points
from registration.models import Tally
from registration.sessions.attendance.linked_tables import (
    GROUPS,
    SESSION,
    Key,
    left_out,
    sums_of_places,
    sums_of_sessions,
    sums_of_weeks,
)

Dimension = Tally.Dimension
type Cells = dict[Key, int]
type Told = dict[Key, int | None]

ATTENDANCES, PEOPLE, APART = MEASURES = ("attendances", "people", "apart")
COUNTED = (ATTENDANCES, PEOPLE)
TOTAL: Key = (Dimension.TOTAL, "")
PLACES = (Dimension.REGION, Dimension.COUNTRY)
# Not of attendances: people registered, those of them who did not come, or are not on the public list; public speakers and their genders, and whether the table
# of sessions leaves some out.
REGISTERED, ABSENT, UNLISTED = ("registered", ""), ("absent", ""), ("unlisted", "")
SPEAKING, LEFT_OUT = ("speaking", ""), ("left_out", "")
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
    memory: dict[str, Memory] = field(default_factory=lambda: {name: Memory() for name in COUNTED})


class Links(NamedTuple):
    """What adds up in one measure: `sums` at all steps, `spans` at this one. `standing`: cells of no table that are to be protected too,
    each with what is known of it and what is true."""

    sums: list[Sum]
    spans: list[Sum]
    standing: Mapping[Any, tuple[int, int]]


def step(state: State, counted: Mapping[str, Cells], *, known: PublicFacts, may_move: bool) -> State:
    """What is told after a step. Figures of attendance stand still but where they `may_move`: people enter a session together. Where
    the attendances moved by 1 to 4, nothing moves; where the people did, nothing that they are counted in."""
    after = deepcopy(state)
    total, people = (counted[measure].get(TOTAL, 0) for measure in COUNTED)
    old = state.told[ATTENDANCES].get(TOTAL) or 0
    if may_move and total != old and not any(map(is_small, (total, people, abs(total - old)))):
        _Step(state, after, counted, known).take()
    return after


def speakers(told: Told, genders: Cells) -> Told:
    """What is told of the genders of speakers after a step: nothing new where all of them, or of those who came or went since, are of
    one. Who they are is public."""
    total, before = sum(genders.values()), of_dimensions([SPEAKERS], told)
    keys = dict.fromkeys([*before, *genders])
    changed = [key for key in keys if genders.get(key, 0) != (before.get(key) or 0)]
    if is_small(abs(total - (told.get(SPEAKING) or 0))) or len(changed) == 1 or total in genders.values():
        return told
    hidden = hide_changes(before, genders, [Sum(None, tuple(keys))])
    listed = dict.fromkeys(key for key in keys if key in hidden.cells and key not in hidden.unnamed)
    return {**listed, **told, **{key: genders.get(key, 0) for key in keys if key not in hidden.cells}, SPEAKING: total}


def of_dimensions(dimensions: Iterable[str], cells: Mapping[Key, Any]) -> dict[Key, Any]:
    """The cells of some dimensions."""
    return {key: number for key, number in cells.items() if key[0] in dimensions}


def _weeks(cells: Mapping[Key, Any]) -> range:
    return range(1, max((int(week) for name, week in cells if name == Dimension.GROWTH), default=0) + 1)


def _until(week: Key) -> range:
    return range(1, int(week[1]) + 1)


@dataclass
class _Step:
    """A step at which the attendances move. A cell moves in both measures or in none: its row is of one moment."""

    state: State
    after: State
    counted: Mapping[str, Cells]
    known: PublicFacts

    def take(self) -> None:
        """Move the totals, and then what adds up to them."""
        for measure in self.moving:
            self.after.memory[measure].step += 1
            self.after.told[measure][TOTAL] = self.counted[measure].get(TOTAL, 0)
        regions, countries = ({value: None for name, value in self.keys(one)} for one in PLACES)
        places = Links(sums_of_places(regions, countries, region_of=self.known.region_of), [], {})
        self._move(*PLACES, links=dict.fromkeys(COUNTED, places))
        for dimension in (Dimension.STAKEHOLDER_TYPE, Dimension.GENDER):
            groups = Links([Sum(None, tuple(self.keys(dimension)))], [], {})
            self._move(dimension, links=dict.fromkeys(COUNTED, groups))
        self._growth()
        self._sessions()

    @cached_property
    def moving(self) -> tuple[str, ...]:
        """The measures whose totals are told as they are now."""
        return (ATTENDANCES,) if is_small(abs(self._change(PEOPLE, TOTAL))) else COUNTED

    def _change(self, measure: str, key: Key) -> int:
        return self.counted[measure].get(key, 0) - (self.state.told[measure].get(key) or 0)

    def _tells_of_few(self, key: Key, *, overlap: bool) -> bool:
        """Whether the attendances of a cell that stays for its people tell of 1 to 4 of them: where its people `overlap` with those of
        others they do where each came once."""
        attendances, people = (self.counted[measure].get(key, 0) for measure in COUNTED)
        return is_small(people) or is_small(abs(self._change(PEOPLE, key))) or (overlap and attendances == people)

    def keys(self, *dimensions: str) -> dict[Key, None]:
        cells = [one[measure] for one in (self.state.told, self.counted) for measure in COUNTED]
        return dict.fromkeys(key for one in cells for key in of_dimensions(dimensions, one))

    def _move(self, *dimensions: str, links: Mapping[str, Links], unlisted: Collection[Key] = ()) -> None:
        """Move the cells of some dimensions on. `links`: by measure; `unlisted`: cells that stay, and are published nowhere."""
        keys, told = self.keys(*dimensions), self.after.told
        people = self._hidden(PEOPLE, dimensions, links[PEOPLE], unlisted=unlisted)
        stay = people.cells | self._of_newcomers(keys)
        overlap = bool(links[PEOPLE].standing)
        few = [key for key in keys if key in stay and self._tells_of_few(key, overlap=overlap)]
        hidden = self._hidden(ATTENDANCES, dimensions, links[ATTENDANCES], small=few, unlisted=unlisted)
        unnamed = {*hidden.unnamed, *people.unnamed, *unlisted}
        rows = {key for key in keys if any(self._change(measure, key) for measure in COUNTED)}
        rows -= {*hidden.cells, *stay, *unlisted}
        apart = stay - hidden.cells if overlap else set()
        self._hold_back(rows, {measure: links[measure].sums for measure in self.moving}, apart=apart)
        for measure in COUNTED:
            memory, true = self.after.memory[measure], self.counted[measure]
            for key in keys:
                if key in rows:
                    told[measure][key], memory.since[key] = true.get(key, 0), memory.step
                elif key not in unnamed and true.get(key):
                    told[measure].setdefault(key, None)
        if SESSION in dimensions:
            silent = unnamed.difference(unlisted, told[ATTENDANCES])
            told[APART][LEFT_OUT] = not silent.isdisjoint(keys)

    def _hidden(
        self,
        measure: str,
        dimensions: Iterable[str],
        links: Links,
        *,
        small: Iterable[Key] = (),
        unlisted: Iterable[Key] = (),
    ) -> Hidden:
        before, true = (of_dimensions(dimensions, one[measure]) for one in (self.state.told, self.counted))
        return hide_changes(
            before | {key: known for key, (known, _true) in links.standing.items()},
            true | {key: number for key, (_known, number) in links.standing.items()},
            [*links.sums, *links.spans],
            small=[*small, *links.standing],
            unlisted=unlisted,
        )

    def _of_newcomers(self, keys: Iterable[Key]) -> set[Key]:
        """Where the people are 1 to 4 more or fewer than their total tells: the cells that would tell of it."""
        if PEOPLE in self.moving:
            return set()
        told, true = self.state.told[PEOPLE].get(TOTAL) or 0, self.counted[PEOPLE]
        return {key for key in keys if (true.get(key, 0) > told if key[0] == SESSION else self._change(PEOPLE, key))}

    def _hold_back(self, rows: set[Key], sums: Mapping[str, list[Sum]], *, apart: Set[Any]) -> None:
        """Take out of the cells that would move what a reader of all steps could reckon with; write down what is told of each whole.
        Of those that stay `apart`, only for their people, a reader is taken to know the attendances."""
        found = [
            (measure, one, one.whole or (one.parts[0][0], "")) for measure in sums for one in sums[measure] if one.parts
        ]
        count = None
        while count != len(rows):
            count = len(rows)
            for measure, one, key in found:
                if one.whole is not None and one.whole not in rows | apart:
                    rows.difference_update(one.parts)
                else:
                    growth = self.after.memory[measure].open.setdefault(key, OpenGrowth())
                    rows -= growth.held_back(**self._grown(measure, one, rows))
        for measure, one, key in found:
            if one.whole is None or one.whole in rows | apart:
                memory = self.after.memory[measure]
                memory.open[key].tell(**self._grown(measure, one, rows), step=memory.step)

    def _grown(self, measure: str, one: Sum, rows: Set[Key]) -> dict[str, Any]:
        """How far a whole has grown, and by how much those of its parts do that move."""
        return {
            "whole": self.counted[measure].get(one.whole or TOTAL, 0),
            "moved": {part: self._change(measure, part) for part in one.parts if part in rows},
            "parts": one.parts,
            "since": self.after.memory[measure].since,
        }

    @cached_property
    def points(self) -> dict[Key, tuple[int, ...]]:
        """The true running totals of both measures, of every week up to the last one that is counted."""
        points: dict[Key, tuple[int, ...]] = {}
        latest: tuple[int, ...] = (0, 0)
        for week in _weeks(self.keys(Dimension.GROWTH)):
            key = (Dimension.GROWTH, str(week))
            true = zip(COUNTED, latest, strict=True)
            points[key] = latest = tuple(self.counted[measure].get(key, old) for measure, old in true)
        return points

    def _growth(self) -> None:
        """Move the running totals."""
        before = []
        for week in _weeks(self.state.told[ATTENDANCES]):
            told = [self.state.told[measure].get((Dimension.GROWTH, str(week))) for measure in COUNTED]
            before.append(None if None in told else tuple(number or 0 for number in told))
        for key, point in zip(self.points, told_points(before, list(self.points.values())), strict=True):
            for place, measure in enumerate(COUNTED):
                self.after.told[measure][key] = point[place] if point else None

    def _sessions(self) -> None:
        """Move sessions and their groups. People may be in several of these: they do not add up."""
        points = {key: (self.after.told[ATTENDANCES][key], true) for key, (true, _people) in self.points.items()}
        exact = [key for key, (told, true) in points.items() if told == true]
        behind = {
            key: (told, true) for key, (told, true) in points.items() if told is not None and is_small(abs(true - told))
        }
        keys, members = self.keys(SESSION, *GROUPS), self.known.members
        spans = [range(first + 1, last + 1) for first, last in pairwise([0, *(int(week) for _name, week in exact)])]
        until = {key: sums_of_weeks([range(1, int(key[1]) + 1)], members=members)[0].parts for key in points}
        unlisted = {key for key in keys if key[0] == SESSION and key[1] not in self.known.listed} | self._regrouped()
        apart = left_out(
            self.counted[PEOPLE],
            self.state.told[PEOPLE],
            tables=[key for key in keys if key not in unlisted],
            standing={TOTAL: self.keys(SESSION), **{key: until[key] for key in exact}},
            members=members,
        )
        running = [Sum(key, until[key]) for key in behind]
        links = {
            ATTENDANCES: Links(
                sums_of_sessions(keys, members=members), [*sums_of_weeks(spans, members=members), *running], behind
            ),
            PEOPLE: Links([], list(apart), {one.parts[-1]: numbers for one, numbers in apart.items()}),
        }
        self._move(SESSION, *GROUPS, links=links, unlisted=unlisted)

    def _regrouped(self) -> set[Key]:
        """Sessions that have other groups than when they were counted first, and all these groups. They stay as they were told: what a
        group was told with one of them, less what is told of the others later, would tell of what is left."""
        groups: dict[Key, list[list[str]]] = defaultdict(list)
        for key, codes in sorted(self.known.members.items()):
            for code in codes if key[0] in GROUPS else ():
                groups[SESSION, code].append([str(one) for one in key])
        found: set[Key] = set()
        for key in self.keys(SESSION):
            first, now = self.after.memory[ATTENDANCES].groups.setdefault(key, groups[key]), groups[key]
            if first != now:
                found |= {key, *((name, value) for name, value in [*first, *now])}
        return found
