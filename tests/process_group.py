"""Child processes that end as a group, and do not outlive the process that started them unless they are told to."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
# The Python that runs this process, by the true name of its folder: a link to the current version may soon mean another.
# Its own name may be a link too, and stays: what it leads to is not of the version's environment.
PYTHON = os.path.join(os.path.realpath(os.path.dirname(sys.executable)), os.path.basename(sys.executable))


def _die_with_parent() -> None:
    """Ask Linux to end this process when its parent ends, however the parent ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def start(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    user: int | None = None,
    output: IO[bytes] | int | None = None,
    folder: Path | None = None,
    given: Sequence[int] = (),
    dies_with_us: bool = True,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own and return it.

    `user` is the number of the user to run as (only root may give one), `output` takes both its output streams,
    `given` are numbers of our open files that it shall have too. Unless it `dies_with_us`, somebody else has to end it when
    this process is killed.
    Call it from the main thread: Linux ends the child when the thread that made it ends.
    """
    as_user: dict = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    return subprocess.Popen(
        [str(part) for part in command],
        env=None if environment is None else dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        pass_fds=tuple(given),
        preexec_fn=_die_with_parent if dies_with_us and sys.platform == "linux" else None,
        **as_user,
    )


def signal_group(group: int, number: int) -> bool:
    """Send a signal to a whole process group; return whether the group was there."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def end(children: Sequence[subprocess.Popen[bytes]], *, seconds: float = 8) -> None:
    """End the children with all their descendants: ask first, insist after `seconds`."""
    for child in children:
        signal_group(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, deadline - time.monotonic()))
    for child in children:
        signal_group(child.pid, signal.SIGKILL)
        child.wait()
