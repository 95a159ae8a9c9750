"""The arithmetic of the benchmarks: what was measured, its limit, how far it is from it; and ratios from rounds that take turns.

A figure of core time has a reference, the median of calm runs (reference.json), and may be MORE of it at the most. What is timed
is not judged where other work took more of the cores than BUSY.
"""

import json
import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

MORE = 1.15  # of its reference may a figure of core time be
BUSY = 0.15  # of a core that others use, on average: then nothing that is timed is judged
KEPT = 5  # calm runs, the last ones
REFERENCE = Path(__file__).with_name("reference.json")
LOOP_SECONDS = 0.2  # of the reference loop on the machine for which limits in seconds are meant, at rest


@dataclass(frozen=True)
class Finding:
    """One figure with its limit: a most, or a least where `is_floor`. `unit` and `note` are only said.

    A fact, such as that no vote was lost, is 1 or 0 with the floor 1 (`is_fact`). `is_timed`: a busy machine changes it; `is_core`: it
    has a reference, or waits for one.
    """

    part: str
    name: str
    measured: float
    limit: float
    is_floor: bool = False
    is_fact: bool = False
    unit: str = ""
    note: str = ""
    is_timed: bool = False
    is_core: bool = False

    @property
    def key(self) -> str:
        return f"{self.part}: {self.name}"

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
    """The reference loop, plain Python: the seconds of a core that it takes now, all of it, judged by a share of it. They tell how fast
    the machine is, and hardly how busy."""
    began = time.thread_time()
    sum(n * n % 7 for n in range(round(4_000_000 * share)))
    return (time.thread_time() - began) / share


def at(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies: 0.5 is the median."""
    return median(values) if share == 0.5 else sorted(values)[math.ceil(share * len(values)) - 1]


def slowness(loops: Sequence[float], *, share: float = 0.5) -> float:
    """How many times as long as at rest the reference loop took, at the same place of its times."""
    return at(loops, share) / LOOP_SECONDS


class Reference:
    """What figures of core time were in calm runs: by `part: name` the last KEPT of each."""

    def __init__(self, path: Path = REFERENCE) -> None:
        self._path = path
        self._runs: dict[str, list[float]] = json.loads(path.read_text()) if path.exists() else {}

    def limit(self, key: str, *, is_floor: bool = False) -> float | None:
        """The limit of a figure: MORE of its median at the most, or so much less at the least; None: it was in no calm run."""
        runs = self._runs.get(key)
        if not runs:
            return None
        return median(runs) / MORE if is_floor else median(runs) * MORE

    def record(self, findings: Sequence[Finding]) -> int:
        """Keep the figures of a calm run; return how many."""
        core = [one for one in findings if one.is_core]
        for one in core:
            self._runs[one.key] = [*self._runs.get(one.key, []), float(f"{one.measured:.4g}")][-KEPT:]
        self._path.write_text(json.dumps(self._runs, indent=1, sort_keys=True) + "\n")
        return len(core)


def conclusion(findings: Sequence[Finding], *, busy: Collection[str] = ()) -> list[str]:
    """The last lines: how many limits are missed, and each by how much, the worst first. Of parts during which the machine was `busy`
    nothing is judged that is timed."""
    if not findings:
        return ["Nothing was measured."]
    judged = [one for one in findings if not (one.is_timed and one.part in busy)]
    missed = sorted((one for one in judged if one.is_missed), key=lambda one: -one.of_limit)
    said = [f"{len(missed)} of {len(judged)} limits missed:"] if missed else [f"All {len(judged)} limits hold."]
    said += [f"  {one.key}: {one.verdict}" for one in missed]
    if left := len(findings) - len(judged):
        parts = ", ".join(busy)
        said.append(
            f"Not judged: {left} figures of {parts}, for the machine had other work. Run it again when it is calm."
        )
    return said


def code(findings: Sequence[Finding], *, busy: Collection[str] = ()) -> int:
    """The exit code: 1 where a limit was missed, 3 where none was but the machine was too busy to judge all, else 0."""
    if any(one.is_missed and not (one.is_timed and one.part in busy) for one in findings):
        return 1
    return 3 if any(one.is_timed and one.part in busy for one in findings) else 0
