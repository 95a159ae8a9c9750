"""How many mails may be on their way: as the mail server lets us connect, and such that slow servers leave room for others.

Slow servers do not count among the mails that go at once, but only so many places wait for them. Beyond these one mail at a
time still goes, to find out whether the server is quick again. All times are seconds of the monotonic clock.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from events.mail.places import Errand
from events.models import Message

FEEL_EVERY = 2.0  # until one more is sent to a server for which enough places wait; twice as long for each one more
WITHOUT_SERVER = 2.0  # until the next try to connect
LONGEST_PAUSE = 30.0  # where it refuses us, not the mail: each try doubles the pause up to this
QUICK_FOR = 60.0  # after its last answer in time
FEWER_PLACES = 30.0  # after the server refused one connection more


class Room:
    """Room for `most` places. A server that is away is asked with one mail at a time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.is_asking = False
        self._pause_until = self._few_until = 0.0
        self._pause = WITHOUT_SERVER
        self._few = most
        self._quick_at: dict[str, float] = {}  # when a domain last answered in time

    def free(self, queue: str, *, away: Sequence[Errand], now: float) -> int:
        """How many more mails of a queue may go beside those that are `away`; some places are kept for codes."""
        mine = [errand for errand in away if errand.message.queue == queue]
        limit = self.most if queue == Message.Queue.ACCOUNT else self.most - self.most // 4
        places = self._places(queue, away=away, now=now)
        return max(0, min(places, _left(mine, limit=limit, now=now)))

    def _places(self, queue: str, *, away: Sequence[Errand], now: float) -> int:
        kept = 0 if queue == Message.Queue.ACCOUNT else self.most // 8
        hanging = sum(errand.is_slow for errand in away)
        return min(self.most - kept, self.allowed(now, hanging=hanging)) - len(away)

    def left_for_domains(self, queue: str, *, away: Sequence[Errand], now: float) -> dict[str, int]:
        """How many more mails may go to each receiving domain that has some away, unless it is known to be quick. A quarter of
        all places wait for it (for codes: three quarters), for others must find some; the last place is for those alone that
        are not slow."""
        limit, is_last = self._limit(queue), self._places(queue, away=away, now=now) <= 1
        by_domain = defaultdict(list)
        for errand in away:
            by_domain[errand.domain].append(errand)
        slow = {errand.domain for errand in away if errand.is_slow}
        left = {domain: max(0, limit - len(errands)) for domain, errands in by_domain.items()}
        left |= {domain: 0 if is_last else _left(by_domain[domain], limit=limit, now=now) for domain in slow}
        return {
            domain: number for domain, number in left.items() if domain in slow or not self.is_quick(domain, now=now)
        }

    def left_for_new(self, queue: str, *, domains: Iterable[str], now: float) -> dict[str, int]:
        """How many mails may go to each of these receiving domains that have none away, unless it is known to be quick."""
        return {domain: self._limit(queue) for domain in domains if not self.is_quick(domain, now=now)}

    def _limit(self, queue: str) -> int:
        return max(1, self.most * 3 // 4 if queue == Message.Queue.ACCOUNT else self.most // 4)

    def is_quick(self, domain: str, *, now: float) -> bool:
        """Whether the server of a receiving domain has just answered in time."""
        return now - self._quick_at.get(domain, float("-inf")) < QUICK_FOR

    def answered(self, errand: Errand, *, now: float) -> None:
        """The server of its domain has answered, in time or late."""
        self._quick_at[errand.domain] = float("-inf") if errand.is_slow else now

    def allowed(self, now: float, *, hanging: int = 0) -> int:
        """How many places the server lets us have. Those that hang on slow servers tell nothing of the others."""
        if self.is_asking:
            return 0 if now < self._pause_until else hanging + 1
        return self._few + hanging if now < self._few_until else self.most

    def is_pausing(self, now: float) -> bool:
        """Whether the server was just asked, in vain."""
        return self.is_asking and now < self._pause_until

    def no_connection(self, *, others: int, now: float) -> None:
        """A place found no connection, while `others` have one at work: then the server only refused one more."""
        if others:
            self._few, self._few_until = others, now + FEWER_PLACES
        else:
            self.is_asking, self._pause_until = True, now + WITHOUT_SERVER

    def refused(self, *, now: float) -> None:
        """The server takes nothing from us, as where our log-in is wrong: asked too often, some lock us out."""
        if self.is_asking and now < self._pause_until:
            return  # others were on their way when the first was refused
        self.is_asking, self._pause_until = True, now + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def connected(self) -> None:
        """A place had a connection."""
        self.is_asking, self._pause = False, WITHOUT_SERVER


def _left(errands: Sequence[Errand], *, limit: int, now: float) -> int:
    """How many more may go beside these, of which `limit` may wait for slow servers: once one is slow, all may become so."""
    slow = [errand for errand in errands if errand.is_slow]
    if len(slow) < limit:
        return max(0, limit - len(errands)) if slow else limit
    is_felt = len(slow) < len(errands)
    wait = FEEL_EVERY * 2 ** (len(slow) - limit)
    return 0 if is_felt or now - max(errand.began for errand in slow) < wait else 1
