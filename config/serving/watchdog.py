"""Tells which process of the site is frozen: stopped by a signal, or silent on the pipe of its heartbeat."""

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path

STOPPED = 1.0  # seconds that a process may stand still for a signal (SIGSTOP, a debugger)
SILENT = 2.5  # seconds that a part of it may be silent, once it has been heard
STARTING = 60.0  # seconds until the first beat
COMPUTING = 0.2  # how much a moment counts in which the process computed, or waited for a disk: busy, perhaps for good


@dataclass
class Pulse:
    """What is heard and seen of one process: the pipe of its heartbeat, and seconds of silence by part.

    `speaks`: whether it has a heartbeat at all (Valkey has none). Silence is counted by the looks of the supervisor, so
    that a machine which is short of time for everybody blames nobody.
    """

    speaks: bool
    silence: dict[str, float] = field(default_factory=dict)
    stopped: float = 0.0
    starting: float = 0.0
    _ends: tuple[int, int] | None = None
    _computed: int = 0

    def __post_init__(self) -> None:
        if self.speaks:
            self._ends = os.pipe()
            for end in self._ends:
                os.set_blocking(end, False)

    @property
    def pipe(self) -> int | None:
        """The end of the pipe that the process writes to; the supervisor closes its own copy with `given`."""
        return self._ends[1] if self._ends else None

    def given(self) -> None:
        """The process has the writing end: close it here."""
        if self._ends:
            os.close(self._ends[1])

    def close(self) -> None:
        """Nothing more will be heard."""
        if self._ends:
            os.close(self._ends[0])
            self._ends = None

    @property
    def is_heard(self) -> bool:
        """Whether the process has said anything yet, which it does once it is ready; without a heartbeat: always."""
        return bool(self.silence) or not self.speaks

    def look(self, number: int, *, seconds: float) -> None:
        """Take in what process `number` said and did in the `seconds` since the last look."""
        state, computed = _state(number)
        self.stopped = self.stopped + seconds if state in {"T", "t"} else 0.0
        counts = seconds if computed == self._computed and state != "D" else seconds * COMPUTING
        self._computed = computed
        heard = self._heard()
        self.starting = 0.0 if self.is_heard else self.starting + seconds
        self.silence = {part: silent + counts for part, silent in self.silence.items()} | dict.fromkeys(heard, 0.0)

    def fault(self) -> str:
        """Say in words why the process counts as frozen; "" when it does not."""
        if self.stopped >= STOPPED:
            return "stood still"
        if silent := [part for part, seconds in self.silence.items() if seconds >= SILENT]:
            return f"gave no sign of life ({', '.join(silent)})"
        return "did not become ready" if self.starting >= STARTING else ""

    def _heard(self) -> set[str]:
        said = b""
        if self._ends:
            with contextlib.suppress(BlockingIOError):
                while more := os.read(self._ends[0], 65_536):
                    said += more
        return set(said.decode(errors="replace").split("\n")) - {""}


def _state(number: int) -> tuple[str, int]:
    """The state letter of a process and the ticks it has computed; where there is no /proc: a running one."""
    try:
        text = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return "R", 0
    columns = text.rpartition(")")[2].split()
    return columns[0], int(columns[11]) + int(columns[12])
