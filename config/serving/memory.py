"""A web process that stays small: what its threads let go, the system gets back.

glibc gives each thread a heap of its own and keeps what is freed: pages that are made in turns by several threads would hold the
largest of each for ever (45 MB here). With one heap, trimmed now and then, they do not; Python's own lock lets only one thread
ask for memory at a time anyway. Other libraries of C do neither, and are left alone.
"""

import ctypes
import threading
import time

ARENA_MAX = -8  # malloc.h: M_ARENA_MAX
EVERY = 15.0  # seconds between two trims, which take some milliseconds


def stay_small() -> None:
    """Use one heap from now on, and give back what is free in it, in a thread that ends with the process."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt") and hasattr(library, "malloc_trim"):
        library.mallopt(ARENA_MAX, 1)
        threading.Thread(target=_trim, args=(library,), name="memory", daemon=True).start()


def _trim(library: ctypes.CDLL) -> None:
    while True:
        time.sleep(EVERY)
        library.malloc_trim(0)
