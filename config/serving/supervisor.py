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

from config.serving import process_group

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
    """The children: all end together, Valkey last.

    `environment` is theirs, `folder` is removed at the end, `is_orphaned` tells that the supervisor should stop
    because whoever started it is gone.
    """

    environment: Mapping[str, str]
    folder: Path
    is_orphaned: Callable[[], bool] = lambda: False
    children: list[Child] = field(default_factory=list)
    is_stopping: bool = False
    _reaper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Supervisor":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        reaper = Path(__file__).with_name("orphan_reaper.py")
        self._reaper = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", str(reaper), str(self.folder)], stdin=subprocess.PIPE, start_new_session=True
        )
        return self

    def __exit__(self, *reason: object) -> None:
        process_group.end([c.running for c in self.children if c.running and c.name != "valkey"])
        # The others may still need it while they finish.
        process_group.end([c.running for c in self.children if c.running and c.name == "valkey"])
        assert self._reaper is not None  # noqa: S101, made in __enter__
        assert self._reaper.stdin is not None  # noqa: S101
        self._reaper.stdin.close()
        self._reaper.wait()

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
            process_group.signal_group(child.running.pid, signal.SIGKILL)
            self._tell_reaper(f"-{child.running.pid}")
            if now - child.started > HEALTHY_AFTER:
                child.delay = FIRST_DELAY
            log.warning("%s ended (code %s): starting it again in %.1f s", child.name, code, child.delay)
            child.running, child.due = None, now + child.delay
            child.delay = min(child.delay * 2, LONGEST_DELAY)

    def _launch(self, child: Child) -> None:
        child.running = process_group.start(child.command, environment=self.environment)
        child.started = time.monotonic()
        self._tell_reaper(f"+{child.running.pid}")

    def _tell_reaper(self, line: str) -> None:
        assert self._reaper is not None  # noqa: S101, made in __enter__
        assert self._reaper.stdin is not None  # noqa: S101
        self._reaper.stdin.write(f"{line}\n".encode())
        self._reaper.stdin.flush()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.is_stopping:  # asked twice: do not wait for anything
            for child in self.children:
                if child.running is not None:
                    process_group.signal_group(child.running.pid, signal.SIGKILL)
        self.is_stopping = True
