"""A place has one piece of memory for all its calls, so that none of them begins a new one.

Python keeps what the functions of a thread work with in pieces of 16 kB, each beside the last, and gives the last one back as soon
as a function ends that had begun it. Where a loop stands at the end of a piece, each call in it asks the system for 16 kB and
returns them: lists of the organisers spent a third of their core time on that, and which page it met changed with each
function that stood around it.
"""

from collections.abc import Callable

SLOTS = 33_000  # of 8 bytes: so much makes a piece of 512 kB, of which 248 kB are left. What nobody touches takes no memory.


def with_room[Answer](work: Callable[[], Answer]) -> Answer:
    """Do the work in a frame that claims to need a large piece; what it calls lies in the rest of that."""
    return work()


with_room.__code__ = with_room.__code__.replace(co_stacksize=SLOTS)
