"""The arithmetic of the benchmarks: what was measured, its limit, how far it is from it; and ratios from rounds that take turns."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

LOOP_SECONDS = 0.2  # of the reference loop on the machine for which limits in seconds are meant, at rest


@dataclass(frozen=True)
class Finding:
    """One figure with its limit: a most, or a least where `is_floor`. `unit` and `note` are only said.

    A fact, such as that no vote was lost, is 1 or 0 with the floor 1 (`is_fact`).
    """

    part: str
    name: str
    measured: float
    limit: float
    is_floor: bool = False
    is_fact: bool = False
    unit: str = ""
    note: str = ""

    @property
    def of_limit(self) -> float:
        """The share of the limit that is used up, for a most and for a least alike: above 1 it is missed."""
        used, room = (self.limit, self.measured) if self.is_floor else (self.measured, self.limit)
        if used == room:
            return 1.0
        return used / room if room > 0 else math.inf

    @property
    def is_missed(self) -> bool:
        return not self.of_limit <= 1  # what is not a number is missed too

    @property
    def verdict(self) -> str:
        if self.is_fact:
            return "no" if self.is_missed else "yes"
        bound = "at least" if self.is_floor else "at most"
        return (
            f"{number(self.measured)}{self.unit}, {bound} {number(self.limit)}{self.unit}: "
            f"{self.of_limit:.2f} of the limit"
        )

    def __str__(self) -> str:
        return f"{self.part}: {self.name}: {self.verdict}{', MISSED' * self.is_missed}{self.note and f' ({self.note})'}"


def number(value: float) -> str:
    """A figure in three digits, a count as it is: 0.0512, 1.31, 160, 20,000."""
    if not math.isfinite(value) or value == int(value):
        return f"{value:,.0f}"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"


def in_turns(runs: Mapping[str, Callable[[], float]], *, rounds: int) -> dict[str, list[float]]:
    """Run all once in each round, there and back, so that what slows the machine down meets all alike."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds):
        for name in list(runs)[:: -1 if turn % 2 else 1]:
            found[name].append(runs[name]())
    return found


def ratio(ours: Sequence[float], reference: Sequence[float]) -> float:
    """The median of the ratios of each round: a slow round is slow for both."""
    return median(mine / theirs for mine, theirs in zip(ours, reference, strict=True))


def loop(share: float = 1.0) -> float:
    """The reference loop, plain Python: the seconds that it takes now, all of it, judged by a share of it."""
    began = time.perf_counter()
    sum(n * n % 7 for n in range(round(4_000_000 * share)))
    return (time.perf_counter() - began) / share


def at(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies: 0.5 is the median."""
    return median(values) if share == 0.5 else sorted(values)[math.ceil(share * len(values)) - 1]


def slowness(loops: Sequence[float], *, share: float = 0.5) -> float:
    """How many times as long as at rest the reference loop took, at the same place of its times."""
    return at(loops, share) / LOOP_SECONDS


def conclusion(findings: Sequence[Finding]) -> list[str]:
    """The last lines: how many limits are missed, and each by how much, the worst first."""
    if not findings:
        return ["Nothing was measured."]
    missed = sorted((one for one in findings if one.is_missed), key=lambda one: -one.of_limit)
    if not missed:
        return [f"All {len(findings)} limits hold."]
    return [
        f"{len(missed)} of {len(findings)} limits missed:",
        *(f"  {one.part}: {one.name}: {one.verdict}" for one in missed),
    ]
