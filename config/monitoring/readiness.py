"""Whether the site is ready: asks its parts beside each other, each at most once a second, and never waits for long.

A part that hangs (a frozen database) hangs in a thread of its own; nobody asks it again before it has answered, and
whoever wants to know is told after PATIENCE that it gives no answer.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connections
from django.utils import timezone

from config.monitoring import parts
from config.monitoring.parts import Found, State

log = logging.getLogger(__name__)

ASK_EVERY = 1.0  # seconds
PATIENCE = 1.5  # seconds that anybody who asks waits, for all parts together


class Asked[Said]:
    """Something that is asked in a thread of its own, and what it said last; `silent`: what is said while there is no answer.

    `keeps`: seconds for which its last answer is said meanwhile instead.
    """

    def __init__(
        self,
        ask: Callable[[datetime], Said],
        *,
        silent: Callable[[], Said],
        every: float = ASK_EVERY,
        keeps: float = 0,
    ) -> None:
        self._ask, self._silent, self._every, self._keeps = ask, silent, every, keeps
        self._said = silent
        self._said_at = float("-inf")
        self._asked_at = float("-inf")
        self._done = threading.Event()
        self._done.set()
        self._lock = threading.Lock()

    def ask(self) -> None:
        """Begin to ask, unless somebody is at it or was `every` seconds ago."""
        with self._lock:
            if self._done.is_set() and time.monotonic() - self._asked_at >= self._every:
                self._asked_at = time.monotonic()
                self._done.clear()
                threading.Thread(target=self._run, name="readiness", daemon=True).start()

    def said(self, *, seconds: float) -> Said:
        """What is said, after waiting for it `seconds` at the most. Who comes while it has hung for long waits no more."""
        left = min(seconds, self._asked_at + PATIENCE - time.monotonic())
        has_answered = self._done.wait(max(left, 0))
        return self._said() if has_answered or time.monotonic() - self._said_at < self._keeps else self._silent()

    def _run(self) -> None:
        try:
            said = self._ask(timezone.now())
            self._said, self._said_at = lambda: said, time.monotonic()
        except Exception as error:  # a fault of ours is no answer either, and the log says where
            log.warning(
                "a part of the site cannot be asked: %s",
                type(error).__name__,
                exc_info=not isinstance(error, parts.AWAY),
            )
            self._said = self._silent
        finally:
            connections.close_all()
            self._done.set()


def _no_answer(part: str, *behind: str) -> list[State]:
    """Nothing from a part, and so nothing of those that it knows about."""
    return [State(part, Found.NO_ANSWER), *(State(name, Found.UNKNOWN) for name in behind)]


@dataclass(frozen=True)
class Report:
    """The states of all parts, in their order."""

    states: tuple[State, ...]

    @property
    def missing(self) -> list[str]:
        """The parts that the site needs and that are not there."""
        return [state.part for state in self.states if state.is_gone and state.is_needed]

    @property
    def spared(self) -> list[str]:
        """The parts that are not there and that the site can do without for a while."""
        return [state.part for state in self.states if state.is_gone and not state.is_needed]

    @property
    def status(self) -> int:
        return 503 if self.missing else 200

    @property
    def word(self) -> str:
        """For strangers."""
        return "unready\n" if self.missing else "ok\n"

    @property
    def text(self) -> str:
        """For machines: the first line says it all, then a line for each part. Reasons are for the organisers' page."""
        without = f"ok, without {', '.join(self.spared)}" if self.spared else "ok"
        head = f"not ready: {', '.join(self.missing)}" if self.missing else without
        return "".join(f"{line}\n" for line in [head, *map(_line, self.states)])


class Readiness:
    """All parts, and since when each is as it is."""

    def __init__(self) -> None:
        self._asked = (
            Asked(parts.web, silent=lambda: _no_answer("web")),
            Asked(parts.database, silent=lambda: _no_answer("database", *parts.known_by_database())),
            Asked(parts.broker, silent=lambda: _no_answer("broker")),
        )
        self._since: dict[str, tuple[Found, datetime]] = {}

    def report(self) -> Report:
        """Ask the parts and return their states. Takes at most PATIENCE seconds, whatever hangs."""
        deadline = time.monotonic() + PATIENCE
        for asked in self._asked:
            asked.ask()
        states = [state for asked in self._asked for state in asked.said(seconds=deadline - time.monotonic())]
        return Report(tuple(self._dated(state, now=timezone.now()) for state in states))

    def _dated(self, state: State, *, now: datetime) -> State:
        """A state with the moment since which this process has seen it, where the part does not know better."""
        found, since = self._since.get(state.part, (None, now))
        if found != state.found:
            self._since[state.part] = state.found, now
            since = now
        return state if state.since else replace(state, since=since)


def _line(state: State) -> str:
    waits = f", oldest due {state.seconds:.0f} s" if state.seconds and state.part.startswith("mail") else ""
    return f"{state.part}: {state.found}{waits}"


_readiness = Readiness()


def report() -> Report:
    """Return how the site is, as this process sees it."""
    return _readiness.report()
