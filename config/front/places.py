"""Places: the few threads in which Django works, and who waits for one.

There are three kinds. Most requests share WEB_THREADS places. What is expensive (events.pages.expensive) has one place in a
process, so that it never takes all, and a network may have a few such requests under way. What watches over the site
(/readyz, /metrics) has one of its own, which no visitor can take. Who would wait too long is told so at once (503).
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Full(Exception):
    """Nobody else may wait for a place."""


class TooManyOfOne(Exception):
    """One network has as many expensive requests under way as it may."""


class Places:
    """`number` threads, with a queue of at most `waiting` requests, at most `each` of them of one network (None: any number)."""

    def __init__(self, name: str, *, number: int, waiting: int, each: int | None = None) -> None:
        self._threads = ThreadPoolExecutor(number, thread_name_prefix=name)
        self._most, self._each = number + waiting, each
        self._of: Counter[str] = Counter()
        self._count = 0
        self._lock = threading.Lock()

    async def run[Answer](self, work: Callable[[], Answer], *, network: str) -> Answer:
        """Do the work in one of the places. Raises Full or TooManyOfOne.

        The place is taken until the work is done, also where nobody waits for the answer any more.
        """
        with self._lock:
            if self._each is not None and self._of[network] >= self._each:
                raise TooManyOfOne
            if self._count >= self._most:
                raise Full
            self._count += 1
            self._of[network] += 1
        future = self._threads.submit(work)
        future.add_done_callback(lambda _done: self._leave(network))
        return await asyncio.wrap_future(future)

    def _leave(self, network: str) -> None:
        with self._lock:
            self._count -= 1
            self._of[network] -= 1
            if not self._of[network]:
                del self._of[network]

    def close(self) -> None:
        """Finish what is under way, begin nothing more."""
        self._threads.shutdown(wait=True, cancel_futures=True)
