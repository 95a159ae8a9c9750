"""Keeps the site's processes running: starts them, restarts what dies, ends them all."""

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config.serving import children

log = logging.getLogger("serve")

FIRST_DELAY = 0.3  # seconds before the first restart; doubled each time
LONGEST_DELAY = 30.0
HEALTHY_AFTER = 20.0  # seconds after which a child counts as healthy and its delay starts again


@dataclass
class Child:
    """One process of the site, and when it may be started again."""

    name: str
    command: Sequence[str]
    running: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    delay: float = FIRST_DELAY
    due: float = 0.0


@dataclass
class Supervisor:
    """The children in the order of their start; they end in the reverse order.

    `environment` is theirs, `folder` is removed at the end, `is_orphaned` tells that the supervisor should stop
    because whoever started it is gone.
    """

    environment: Mapping[str, str]
    folder: Path
    is_orphaned: Callable[[], bool] = lambda: False
    children: list[Child] = field(default_factory=list)
    is_stopping: bool = False
    _guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Supervisor":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        guard = Path(__file__).with_name("guard.py")
        self._guard = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", str(guard), str(self.folder)], stdin=subprocess.PIPE, start_new_session=True
        )
        return self

    def __exit__(self, *reason: object) -> None:
        for child in reversed(self.children):
            if child.name != "valkey":  # the others may still need it while they finish
                self._ask_to_end(child)
        children.end([c.running for c in self.children if c.running and c.name != "valkey"])
        children.end([c.running for c in self.children if c.running and c.name == "valkey"])
        assert self._guard is not None  # noqa: S101, made in __enter__
        assert self._guard.stdin is not None  # noqa: S101
        self._guard.stdin.close()
        self._guard.wait()

    def start(self, name: str, *, command: Sequence[str]) -> Child:
        """Start a child and keep it running from now on."""
        child = Child(name=name, command=command)
        self.children.append(child)
        self._launch(child)
        return child

    def watch(self) -> None:
        """Restart what dies, until a signal says stop or the supervisor is orphaned."""
        while not self.is_stopping:
            time.sleep(0.2)
            self.is_stopping = self.is_stopping or self.is_orphaned()
            for child in self.children:
                self._look_after(child, now=time.monotonic())

    def _look_after(self, child: Child, *, now: float) -> None:
        if self.is_stopping:
            return
        if child.running is None:
            if now >= child.due:
                self._launch(child)
        elif (code := child.running.poll()) is not None:
            # A killed server leaves its workers behind, and they hold the port: end the whole group first.
            children.signal_group(child.running.pid, signal.SIGKILL)
            self._tell_guard(f"-{child.running.pid}")
            if now - child.started > HEALTHY_AFTER:
                child.delay = FIRST_DELAY
            log.warning("%s ended (code %s): starting it again in %.1f s", child.name, code, child.delay)
            child.running, child.due = None, now + child.delay
            child.delay = min(child.delay * 2, LONGEST_DELAY)

    def _launch(self, child: Child) -> None:
        child.running = children.start(child.command, environment=self.environment)
        child.started = time.monotonic()
        self._tell_guard(f"+{child.running.pid}")

    def _ask_to_end(self, child: Child) -> None:
        if child.running is not None:
            children.signal_group(child.running.pid, signal.SIGTERM)

    def _tell_guard(self, line: str) -> None:
        assert self._guard is not None  # noqa: S101, made in __enter__
        assert self._guard.stdin is not None  # noqa: S101
        self._guard.stdin.write(f"{line}\n".encode())
        self._guard.stdin.flush()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.is_stopping:  # asked twice: do not wait for anything
            for child in self.children:
                if child.running is not None:
                    children.signal_group(child.running.pid, signal.SIGKILL)
        self.is_stopping = True
