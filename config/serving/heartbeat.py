"""A process says that it is not frozen: its parts write into a pipe, which the supervisor reads (config.serving.watchdog).

A process that no supervisor started has no pipe, and says nothing.
"""

import contextlib
import os
import threading
import time

PIPE = "HEARTBEAT_PIPE"  # the environment's name for the number of the pipe
EVERY = 0.5  # seconds between two beats of a part


def beat(part: str) -> None:
    """Say that `part` of this process still runs; each part that has said so once must go on at least every EVERY seconds.

    It never waits and never fails: where the supervisor is gone, or does not read, nobody needs to hear it.
    """
    if pipe := os.environ.get(PIPE):
        with contextlib.suppress(OSError):
            os.write(int(pipe), f"{part}\n".encode())


def beat_from_a_thread(part: str) -> None:
    """Beat from now on from a thread of its own: it tells that the process as a whole is not frozen."""

    def go_on() -> None:
        while True:
            beat(part)
            time.sleep(EVERY)

    threading.Thread(target=go_on, name="heartbeat", daemon=True).start()
