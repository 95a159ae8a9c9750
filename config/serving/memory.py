"""A web process that stays small: what its threads let go, the system gets back.

Objects that refer to each other in a circle (a list of the API leaves 9 MB of them) Python looks for after many thousands of new
ones, which may be hours later. glibc gives each thread a heap of its own and keeps what is freed: pages that are made in turns by
several threads would hold the largest of each for ever (45 MB here). With one heap, and both looked after now and then, they do
not; Python's own lock lets only one thread ask for memory at a time anyway. Other libraries of C do neither, and are left alone.
"""

import ctypes
import threading
import time

from events.memory import give_back

ARENA_MAX = -8  # malloc.h: M_ARENA_MAX
EVERY = 15.0  # seconds between two looks, which take some milliseconds each


def stay_small() -> None:
    """Use one heap from now on, and give back what nobody uses any more, in a thread that ends with the process."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):  # glibc's own
        library.mallopt(ARENA_MAX, 1)
    threading.Thread(target=_give_back, name="memory", daemon=True).start()


def _give_back() -> None:
    while True:
        time.sleep(EVERY)
        give_back()
