"""The line between a running supervisor and who wants something of it: a socket whose address stands in DATA_DIR/serve.lock.

A request is one line of JSON; the answer is lines of JSON: sentences, and last whether it was done. Only the site's own
user can open the socket's folder.
"""

import contextlib
import fcntl
import json
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, Self

from config.deploys.site_parts import GROUPS

ASKING = 0.5  # seconds that a client has for its request


class NotRunning(Exception):
    """No supervisor can be reached; the message says so in a sentence."""


def name_of_lock(groups: Sequence[str]) -> str:
    """The file of a supervisor's lock: serve.lock, or that of one which runs a part of the processes."""
    return "serve.lock" if set(groups) == set(GROUPS) else f"serve-{'-'.join(sorted(set(groups)))}.lock"


def lock_of(data: Path, *, groups: Sequence[str] = GROUPS) -> IO[str] | None:
    """Lock DATA_DIR for a supervisor and return the open file; None when another one holds it. Raises OSError."""
    lock = (data / name_of_lock(groups)).open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock


def running(data: Path, *, groups: Sequence[str] = ()) -> list[socket.socket]:
    """Return lines to the supervisors on DATA_DIR, or to the one of some groups. Raises NotRunning where there is none."""
    names = [data / name_of_lock(groups)] if groups else sorted(data.glob("serve*.lock"))
    lines = [line for name in names if (line := _line_to(name))]
    if not lines:
        raise NotRunning(f"No site runs on {data}: start it with manage.py serve.")
    return lines


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


class Control:
    """The supervisor's end of the line."""

    def __init__(self, folder: Path, *, lock: IO[str]) -> None:
        address = folder / "control.sock"
        self.line = socket.socket(socket.AF_UNIX)
        self.line.bind(str(address))
        self.line.listen()
        self.line.setblocking(False)
        lock.truncate(0)
        lock.write(f"{address}\n")
        lock.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.line.close()

    def next_caller(self) -> Caller | None:
        """Return who has asked for something, if anybody has. It does not wait."""
        try:
            line, _address = self.line.accept()
        except BlockingIOError:
            return None
        line.settimeout(ASKING)
        try:
            request = json.loads(line.makefile("rb").readline(1_000_000))
        except (OSError, ValueError):
            line.close()
            return None
        return Caller(line, request)
