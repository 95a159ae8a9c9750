"""Memory that nobody uses any more, for the system to have back."""

import ctypes
import gc


def give_back() -> None:
    """Give it back now, which takes some milliseconds: what refers to itself in a circle, and the holes in the heap of glibc.
    Other libraries of C keep their holes."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's own
    if trim:
        trim(0)
