"""Ends the site's process groups when their supervisor is gone, even by kill -9.

A program of its own, without Django: it reads "+GROUP SECONDS" and "-GROUP" lines from its input and, when the input ends
(because the supervisor did), ends every group that is left, each after its seconds, and removes the folder named as its
argument.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable

PATIENCE = 5.0  # seconds between asking and insisting


def send(group: int, number: int) -> bool:
    """Signal the group; return whether it is still there."""
    try:
        os.killpg(group, number)
    except OSError:
        return False
    return True


def end(groups: Iterable[int]) -> None:
    """Ask the groups to end; insist after a while."""
    left = [group for group in groups if send(group, signal.SIGTERM)]
    deadline = time.monotonic() + PATIENCE
    while left and time.monotonic() < deadline:
        time.sleep(0.1)
        left = [group for group in left if send(group, 0)]
    for group in left:
        send(group, signal.SIGKILL)


def main(folder: str) -> None:
    """Watch the input, then end what is left and remove `folder`."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, float] = {}
    for line in sys.stdin:
        group, _space, seconds = line[1:].partition(" ")
        if line[0] == "+":
            groups[int(group)] = float(seconds)
        else:
            groups.pop(int(group), None)
    waited = 0.0
    for seconds in sorted(set(groups.values())):
        time.sleep(seconds - waited)
        waited = seconds
        end(group for group in groups if groups[group] == seconds)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
