"""Keeps the site's processes running: starts them, restarts what dies or freezes, ends them all."""

import contextlib
import logging
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config.serving import heartbeat, process_group, systemd
from config.serving.granian_worker import SOCKET
from config.serving.watchdog import Pulse

log = logging.getLogger("serve")

REAPER = Path(__file__).resolve().with_name("orphan_reaper.py")
VALKEY = "valkey"  # the name of the child that the others need to the end
SPARE = "spare web"  # that of a web process which is loaded, and waits to take the place of one that ends
TICK = 0.1  # seconds between two looks at the children
FIRST_DELAY = 0.1  # seconds before the first restart; doubled each time
LONGEST_DELAY = 3.0
HEALTHY_AFTER = 20.0  # seconds after which a child counts as healthy and its delay starts again
SERVES_ON = 20.0  # seconds that the web serves on when the supervisor was killed: until then there is another one
FAREWELL = 60.0  # seconds that a child of an older version has for what it has begun


@dataclass(eq=False)
class Child:
    """One process of the site, and when it may be started again. `folder`: where its code is; None: ours."""

    name: str
    command: Sequence[str]
    speaks: bool = False
    listens: bool = False
    folder: Path | None = None
    environment: Mapping[str, str] | None = None
    running: subprocess.Popen[bytes] | None = None
    pulse: Pulse = field(default_factory=lambda: Pulse(speaks=False))
    started: float = 0.0
    delay: float = FIRST_DELAY
    due: float = 0.0
    is_killed: bool = False

    @property
    def has_ended(self) -> bool:
        return self.running is None or self.running.poll() is not None

    @property
    def is_ready(self) -> bool:
        """Whether it runs and has said so."""
        return not self.has_ended and not self.is_killed and self.pulse.is_heard

    def kill(self) -> None:
        """End it and what it started. That takes a while where it waits for a disk: it is not waited for."""
        if self.running is not None and not self.is_killed:
            self.is_killed = True
            process_group.signal_group(self.running.pid, signal.SIGKILL)

    def stand_in_for(self, child: "Child") -> None:
        """Let this spare's process be `child`'s from now on, and serve; another spare is started with the next look."""
        assert self.running is not None  # noqa: S101, it is ready
        child.running, child.pulse, child.is_killed = self.running, self.pulse, False
        child.started, self.running, self.due = time.monotonic(), None, 0.0
        child.running.send_signal(signal.SIGUSR1)

    def put_off(self, now: float) -> None:
        """Let it be started again after a while, each time a longer one."""
        self.due = now + self.delay
        self.delay = min(self.delay * 2, LONGEST_DELAY)


@dataclass
class Supervisor:
    """The children: all end together, Valkey last.

    `environment` is theirs, `folder` is removed at the end, `is_orphaned` tells that the supervisor should stop
    because whoever started it is gone. `listening` is the socket of the web: it is ours, so that it outlives each of them.
    `is_socket_kept`: it outlives us too, and the web goes on serving on it until another supervisor was started.
    `leaving` are children of an older version, each with the moment at which it is ended.
    """

    environment: Mapping[str, str]
    folder: Path
    is_orphaned: Callable[[], bool] = lambda: False
    listening: socket.socket | None = None
    is_socket_kept: bool = False
    children: list[Child] = field(default_factory=list)
    leaving: list[tuple[Child, float]] = field(default_factory=list)
    is_stopping: bool = False
    _reaper: subprocess.Popen[bytes] | None = None
    _looked: float = 0.0

    def __enter__(self) -> "Supervisor":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        self._start_reaper()
        return self

    def __exit__(self, *reason: object) -> None:
        everybody = self._everybody()
        process_group.end([c.running for c in everybody if c.running and c.name != VALKEY])
        # The others may still need it while they finish.
        process_group.end([c.running for c in everybody if c.running and c.name == VALKEY])
        assert self._reaper is not None  # noqa: S101, made in __enter__
        assert self._reaper.stdin is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError):
            self._reaper.stdin.close()
        self._reaper.wait()

    def start(self, child: Child) -> Child:
        """Start a child and keep it running from now on. Raises OSError where the machine has no room for it."""
        self._launch(child)
        self.keep(child)
        return child

    def keep(self, child: Child) -> None:
        """Keep a child running from now on; one that does not run yet is started with the next look."""
        self.children.append(child)

    def dismiss(self, child: Child) -> None:
        """Ask a child to finish and go; it is ended when it has not gone after FAREWELL seconds."""
        self.children.remove(child)
        if child.running is not None:
            process_group.signal_group(child.running.pid, signal.SIGTERM)
            self.leaving.append((child, time.monotonic() + FAREWELL))

    def watch(self, work: Generator[None]) -> None:
        """Restart what dies or freezes, until a signal says stop or the supervisor is orphaned.

        `work` is done beside it, a step at each look.
        """
        while not self.is_stopping:
            time.sleep(TICK)
            self.look()
            systemd.tell("WATCHDOG=1")
            next(work, None)
        work.close()

    def look(self) -> None:
        """Look after each child once."""
        self.is_stopping = self.is_stopping or self.is_orphaned()
        now = time.monotonic()
        # Who comes late himself cannot say who was silent.
        seconds, self._looked = min(now - self._looked, 2 * TICK), now
        if self._reaper is not None and self._reaper.poll() is not None:
            with contextlib.suppress(OSError):  # no room on the machine: the next look tries again
                self._start_reaper()
        for child in list(self.children):
            if not self.is_stopping:
                self._look_after(child, now=now, seconds=seconds)
        for child, until in list(self.leaving):
            if now > until and not child.is_killed:
                log.warning("%s of the older version has not finished: ending it", child.name)
                child.kill()
            if child.has_ended:
                self._bury(child)
                self.leaving.remove((child, until))

    def _look_after(self, child: Child, *, now: float, seconds: float) -> None:
        if child.running is None:
            if now >= child.due:
                self._launch_again(child, now=now)
            return
        if (code := child.running.poll()) is None:
            child.pulse.look(child.running.pid, seconds=seconds)
            if not child.is_killed and (fault := child.pulse.fault()):
                log.error("%s %s: ending it", child.name, fault)
                child.kill()
            return
        if now - child.started > HEALTHY_AFTER:
            child.delay = FIRST_DELAY
        log.warning("%s ended (code %s): starting it again in %.1f s", child.name, code, child.delay)
        self._bury(child)
        child.put_off(now)

    def _launch_again(self, child: Child, *, now: float) -> None:
        try:
            self._launch(child)
        except (OSError, subprocess.SubprocessError) as reason:  # no process, memory or file to be had just now
            log.error("%s cannot be started (%s): trying again in %.1f s", child.name, reason, child.delay)
            child.put_off(now)

    def _launch(self, child: Child) -> None:
        if spare := self._spare_for(child):
            spare.stand_in_for(child)
            self._tell_reaper_of(child)
            return
        child.pulse, child.is_killed = Pulse(speaks=child.speaks), False
        environment, given = dict(child.environment or self.environment), []
        if child.pulse.pipe is not None:
            environment[heartbeat.PIPE] = str(child.pulse.pipe)
            given.append(child.pulse.pipe)
        if child.listens and self.listening is not None:
            environment[SOCKET] = str(self.listening.fileno())
            given.append(self.listening.fileno())
        try:
            child.running = process_group.start(
                child.command,
                environment=environment,
                folder=child.folder,
                given=given,
                dies_with_us=not (child.listens and self.is_socket_kept),
            )
        finally:
            child.pulse.given()
            if child.running is None:
                child.pulse.close()
        child.started = time.monotonic()
        self._tell_reaper_of(child)

    def _spare_for(self, child: Child) -> Child | None:
        """A spare process of the same version that could take the place of `child` now."""
        if not child.listens or child.name == SPARE:
            return None
        version = child.folder, child.environment
        spares = (one for one in self.children if one.name == SPARE and (one.folder, one.environment) == version)
        return next((one for one in spares if one.is_ready), None)

    def _bury(self, child: Child) -> None:
        """End what a child that has ended left behind in its group."""
        assert child.running is not None  # noqa: S101
        process_group.signal_group(child.running.pid, signal.SIGKILL)
        self._tell_reaper(f"-{child.running.pid}")
        child.pulse.close()
        child.running = None

    def _start_reaper(self) -> None:
        self._reaper = subprocess.Popen(  # noqa: S603
            [process_group.PYTHON, "-I", "-S", str(REAPER), str(self.folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        for child in self._everybody():
            if child.running is not None:
                self._tell_reaper_of(child)

    def _tell_reaper_of(self, child: Child) -> None:
        """That this child is to be ended when we are gone: at once, or after it has served for a while."""
        assert child.running is not None  # noqa: S101
        serves_on = child.listens and child.name != SPARE and self.is_socket_kept
        self._tell_reaper(f"+{child.running.pid} {SERVES_ON if serves_on else 0}")

    def _tell_reaper(self, line: str) -> None:
        assert self._reaper is not None  # noqa: S101, made in __enter__
        assert self._reaper.stdin is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError):  # it was killed: the next look starts another
            self._reaper.stdin.write(f"{line}\n".encode())
            self._reaper.stdin.flush()

    def _everybody(self) -> list[Child]:
        return [*self.children, *(child for child, _until in self.leaving)]

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.is_stopping:  # asked twice: do not wait for anything
            for child in self._everybody():
                child.kill()
        self.is_stopping = True
