"""The line between a running supervisor and who wants something of it: a socket whose address stands in DATA_DIR/serve.lock.

A request is one line of JSON; the answer is lines of JSON: sentences, and last whether it was done. Only the site's own
user can open the socket's folder.
"""

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from config.deploys.site_parts import GROUPS

ASKING = 5.0  # seconds that a client has for its request; nobody waits for it
LARGEST = 1_000_000  # bytes of a request


class NotRunning(Exception):
    """No supervisor can be reached; the message says so in a sentence."""


def name_of_lock(groups: Sequence[str]) -> str:
    """The file of a supervisor's lock: serve.lock, or that of one which runs a part of the processes."""
    return "serve.lock" if set(groups) == set(GROUPS) else f"serve-{'-'.join(sorted(set(groups)))}.lock"


def lock_of(data: Path, *, groups: Sequence[str] = GROUPS) -> IO[str] | None:
    """Lock DATA_DIR for a supervisor and return the open file; None when another one holds it. Raises OSError."""
    number = os.open(data / name_of_lock(groups), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    lock = os.fdopen(number, "a+")
    try:
        os.fchmod(number, 0o600)  # whoever may open it may lock it too
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock


def running(data: Path, *, groups: Sequence[str] = ()) -> Iterator[tuple[str, socket.socket]]:
    """Give the supervisors on DATA_DIR, or the one of some groups: what it runs, and a line to it, made when it is its turn.

    Raises NotRunning where there is none.
    """
    names = [data / name_of_lock(groups)] if groups else sorted(data.glob("serve*.lock"))
    found = 0
    for name in names:
        if line := _line_to(name):
            found += 1
            yield name.stem.removeprefix("serve").removeprefix("-") or "-".join(sorted(GROUPS)), line
    if not found:
        raise NotRunning(f"No site runs on {data}: start it with manage.py serve.")


def _line_to(lock: Path) -> socket.socket | None:
    line = socket.socket(socket.AF_UNIX)
    try:
        line.connect(lock.read_text().strip())
    except OSError:
        line.close()
        return None
    return line


def ask(line: socket.socket, request: dict[str, Any], *, say: Callable[[str], None]) -> bool:
    """Ask a supervisor for something; pass on what it says; return whether it was done.

    Raises NotRunning where it goes away before it has ended.
    """
    with line, line.makefile("rb") as answers, contextlib.suppress(OSError):
        line.sendall(json.dumps(request).encode() + b"\n")
        for answer in map(json.loads, answers):
            if "done" in answer:
                return bool(answer["done"])
            say(answer["say"])
    raise NotRunning("The site's supervisor went away before it was done: look into its log.")


class Caller:
    """Somebody who has asked, and may have gone since: what is said to it is lost then, and nothing else."""

    def __init__(self, line: socket.socket, request: dict[str, Any]) -> None:
        self.line, self.request = line, request

    def say(self, sentence: str) -> None:
        self._send({"say": sentence})

    def end(self, *, is_done: bool) -> None:
        """Hang up, saying whether what was asked for is done."""
        self._send({"done": is_done})
        self.line.close()

    def _send(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self.line.sendall(json.dumps(message).encode() + b"\n")


@dataclass
class _Asking:
    """Somebody who has called, and has not said all of the request yet."""

    line: socket.socket
    until: float
    said: bytearray = field(default_factory=bytearray)

    def request(self) -> dict[str, Any] | None:
        """Return the request once it is whole. Raises OSError, ValueError where there will be none."""
        with contextlib.suppress(BlockingIOError):
            while not self.said.endswith(b"\n"):
                if not (more := self.line.recv(65_536)) or len(self.said) > LARGEST:
                    raise ValueError
                self.said += more
            request = json.loads(self.said)
            if not isinstance(request, dict):
                raise ValueError
            return request
        if time.monotonic() > self.until:
            raise ValueError
        return None


class Control:
    """The supervisor's end of the line."""

    def __init__(self, folder: Path, *, lock: IO[str]) -> None:
        address = folder / "control.sock"
        self.line = socket.socket(socket.AF_UNIX)
        self.line.bind(str(address))
        self.line.listen()
        self.line.setblocking(False)
        self._asking: list[_Asking] = []
        lock.truncate(0)
        lock.write(f"{address}\n")
        lock.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        for asking in self._asking:
            asking.line.close()
        self.line.close()

    def next_caller(self) -> Caller | None:
        """Return who has asked for something, if anybody has. It does not wait."""
        with contextlib.suppress(OSError):  # nobody, or no file to be had just now: the next look tries again
            line, _address = self.line.accept()
            line.setblocking(False)
            self._asking.append(_Asking(line, time.monotonic() + ASKING))
        for asking in list(self._asking):
            try:
                request = asking.request()
            except (OSError, ValueError):
                self._asking.remove(asking)
                asking.line.close()
                continue
            if request is not None:
                self._asking.remove(asking)
                return Caller(asking.line, request)
        return None
