"""Places: the few threads in which Django works, and who waits for one.

There are three kinds. Most requests share WEB_THREADS places. What is expensive (events.pages.view_marks) has one place in a
process, so that it never takes all. What watches over the site (/readyz, /metrics) has one of its own. Of each network only so
many requests may be under way, so that none takes all places. Who would wait too long is told so at once (503).
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Full(Exception):
    """Nobody else may wait for a place, or this one has waited too long."""


class TooManyOfOne(Exception):
    """One network has as many expensive requests under way as it may."""


class Places:
    """`number` threads, with a queue of at most `waiting` requests, which wait at most `patience` seconds.

    At most `each` of them may be of one network; "" stands for networks that cannot be told apart, which have no limit.
    """

    def __init__(self, name: str, *, number: int, waiting: int, each: int, patience: float) -> None:
        self._threads = ThreadPoolExecutor(number, thread_name_prefix=name)
        self._most, self._each, self._patience = number + waiting, each, patience
        self._of: Counter[str] = Counter()
        self._count = 0
        self._lock = threading.Lock()

    async def run[Answer](self, work: Callable[[], Answer], *, network: str) -> Answer:
        """Do the work in one of the places. Raises Full or TooManyOfOne.

        The place is taken until the work is done, also where nobody waits for the answer any more.
        """
        with self._lock:
            if network and self._of[network] >= self._each:
                raise TooManyOfOne
            if self._count >= self._most:
                raise Full
            self._count += 1
            self._of[network] += 1
        begun = threading.Event()
        future = self._threads.submit(_note_and_do, begun, work)
        future.add_done_callback(lambda _done: self._leave(network))
        answer = asyncio.wrap_future(future)
        done, _pending = await asyncio.wait([answer], timeout=self._patience)
        if not done and not begun.is_set() and future.cancel():  # it has not begun, and never will
            raise Full
        return await answer

    def _leave(self, network: str) -> None:
        with self._lock:
            self._count -= 1
            self._of[network] -= 1
            if not self._of[network]:
                del self._of[network]

    def close(self) -> None:
        """Finish what is under way, begin nothing more."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def _note_and_do[Answer](begun: threading.Event, work: Callable[[], Answer]) -> Answer:
    begun.set()
    return work()
