"""Waiting for what happens in another thread, process or page."""

import time


def until(condition, *, seconds=60, pause=0.02, what="it"):
    """Wait until a condition holds and return what it gave; fail after `seconds`. `what`: what was waited for, or a function that
    says it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s for {what() if callable(what) else what}"
        time.sleep(pause)
    return found
