"""Places: the few threads in which Django works, and who waits for one.

There are three kinds. Most requests share WEB_THREADS places. What is expensive (events.pages.view_marks) has one place in a
process, so that it never takes all. What watches over the site (/readyz, /metrics) has one of its own. Of each network only so
many requests may be under way, so that none takes all places. Who would wait too long is told so at once (503).
"""

import asyncio
import functools
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from config.front.call_stack import with_room


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
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        place = self._threads.submit(_do, work, answer, loop)
        place.add_done_callback(lambda _done: self._leave(network))
        too_late = loop.call_later(self._patience, _give_up, place, answer)
        try:
            return await answer
        finally:
            too_late.cancel()

    def _leave(self, network: str) -> None:
        with self._lock:
            self._count -= 1
            self._of[network] -= 1
            if not self._of[network]:
                del self._of[network]

    def close(self) -> None:
        """Finish what is under way, begin nothing more."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def _do[Answer](work: Callable[[], Answer], answer: asyncio.Future[Answer], loop: asyncio.AbstractEventLoop) -> None:
    """In a place: do the work, and tell the loop what came of it."""
    try:
        told = functools.partial(answer.set_result, with_room(work))
    except Exception as fault:
        told = functools.partial(answer.set_exception, fault)
    loop.call_soon_threadsafe(_tell, answer, told)


def _tell(answer: asyncio.Future[Any], told: Callable[[], None]) -> None:
    if not answer.done():  # else nobody waits for it any more
        told()


def _give_up(place: Future[None], answer: asyncio.Future[Any]) -> None:
    """Take back what has not begun, and then never will; what has is waited for."""
    if place.cancel() and not answer.done():
        answer.set_exception(Full())
