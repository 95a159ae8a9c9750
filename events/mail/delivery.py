"""Delivery: takes due rows of the outbox, hands them out to places (`events.mail.places`), and marks each one.

At least once. One thread does everything in the database; places only talk with the mail server. A row is claimed with a
short lease that is renewed while its server takes its time, so a slow server costs the one place that waits for it, and
what a killed worker held is free soon. One mail at a time is between its last word and its mark, so a kill can repeat the
one mail that the server has taken and that is not marked yet, **at most one double per killed worker**, and loses none.
Where a server answers late, the word passes on after PATIENCE, and the row says “perhaps delivered” meanwhile.
"""

import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import InterfaceError, OperationalError

from events.mail import leases, outbox, refusals
from events.mail.places import Errand, LastWord, Place, Room, Verdict
from events.models import Message

logger = logging.getLogger(__name__)

OUTAGES = (OperationalError, InterfaceError)
Clock = Callable[[], datetime]
Queue = Message.Queue

BATCH = 20  # bulk mails claimed at a time; account mails: as many as there are free places
AT_ONCE = 4  # mails of a queue on their way, without those whose server is slow
# All times are seconds.
PATIENCE = 1.0  # after which a server counts as slow
FEEL_EVERY = 2.0  # until one more is sent to a server for which enough places wait
IN_HAND = 5.0  # after which a claimed row that finds no place is given back
LOOK_EVERY = 2.0  # for due rows when nobody wakes us
SWEEP_EVERY = 1.0  # for rows of lost workers and for repeats
EXPIRE_EVERY = 10.0
KEEP_OPEN = 5.0  # a connection without mail


@dataclass
class Outcome:
    """What was done. `failed`: for good."""

    sent: int = 0
    failed: int = 0
    cancelled: int = 0

    def tell(self) -> None:
        """Log what was done, if anything."""
        if self != Outcome():
            logger.info("mail: %d sent, %d failed, %d cancelled", self.sent, self.failed, self.cancelled)


class Delivery:
    """The rows that one worker process holds, and their places. `clock` tells the present moment (UTC) for the rows."""

    def __init__(self, queues: Iterable[str], *, clock: Clock) -> None:
        self.queues = set(queues)
        self.clock = clock
        self.outcome = Outcome()
        self.inbox: SimpleQueue[Errand | None] = SimpleQueue()
        self.hand: dict[str, deque[Errand]] = {queue: deque() for queue in Queue.values}
        self.away: list[Errand] = []  # with a place, until it is marked
        self._reported: deque[Errand] = deque()
        self._idle: list[Place] = []
        self._last_word = LastWord()
        self._room = Room(settings.MAIL_CONNECTIONS)
        self._renew_at = self._expire_at = 0.0
        self._look_at = dict.fromkeys(Queue.values, 0.0)
        self._sweep_at = dict.fromkeys(Queue.values, 0.0)
        self._used = time.monotonic()

    # --- one turn ---------------------------------------------------------------------------------
    def turn(self) -> None:
        """Mark what was reported, look after what is on its way, hand out what is due.

        Raises what the database raises; then nothing is forgotten, and the next turn does the rest.
        """
        while self._reported:
            self._note(self._reported[0])
            self._finish(self._reported.popleft())
        self._tend(time.monotonic())
        self._hand_out(time.monotonic())

    def listen(self, seconds: float) -> None:
        """Wait so long for a report of a place, or to be woken; then take in all there are."""
        try:
            self._take_in(self.inbox.get(timeout=seconds))
            while True:
                self._take_in(self.inbox.get_nowait())
        except Empty:
            return

    def _take_in(self, report: Errand | None) -> None:
        if report is None:
            self._look_at = dict.fromkeys(self._look_at, 0.0)
        else:
            self._reported.append(report)

    @property
    def is_busy(self) -> bool:
        """Whether rows are in our hands."""
        return bool(self.away or any(self.hand.values()))

    @property
    def is_without_work(self) -> bool:
        """Whether nothing is due that could go now."""
        now = time.monotonic()
        is_looked = all(self._look_at[queue] > now for queue in self.queues)
        return not self.is_busy and (is_looked or self._room.is_pausing(now))

    # --- what came back ---------------------------------------------------------------------------
    def _note(self, errand: Errand) -> None:
        """Mark it. What the database cannot take for another reason than an outage must not stop all others."""
        try:
            self._mark(errand)
        except OUTAGES:
            raise
        except Exception:
            logger.exception("mail %s cannot be marked: its lease will free it", errand.message.pk)

    def _mark(self, errand: Errand) -> None:
        message, now = errand.message, self.clock()
        match errand.verdict, errand.refusal:
            case Verdict.TAKEN, _:
                self.outcome.sent += leases.mark_sent(message, now=now)
            case Verdict.REFUSED, refusals.Refusal() as refusal:
                self.outcome.failed += leases.mark_refused(message, refusal=refusal, now=now)
            case Verdict.UNANSWERED, refusals.Refusal() as refusal:
                leases.mark_unanswered(message, refusal=refusal, now=now)
            case _, refusal:
                leases.release([message], refusal=refusal)

    def _finish(self, errand: Errand) -> None:
        self.away.remove(errand)
        self._last_word.pass_on(errand)
        if errand.place is not None:
            self._idle.append(errand.place)
        self._used = now = time.monotonic()
        if errand.is_slow:
            self._look_at[errand.message.queue] = 0.0  # its domain was full perhaps
        if errand.verdict == Verdict.UNREACHED:
            self._count_on_fewer(errand, now=now)
        elif errand.verdict != Verdict.HELD_BACK:
            self._room.connected()

    def _count_on_fewer(self, errand: Errand, *, now: float) -> None:
        if errand.refusal and errand.refusal.is_of_us:
            self._room.refused(now=now)
        else:
            places = [*self._idle, *(other.place for other in self.away if other.place and not other.is_slow)]
            self._room.no_connection(others=sum(place.courier.is_open for place in places), now=now)
        logger.warning("mail: %s", errand.refusal.sentence if errand.refusal else "")
        self.give_back_hand()

    # --- what is on its way -----------------------------------------------------------------------
    def _tend(self, now: float) -> None:
        for errand in self.away:
            if errand.is_out_of_patience(now, PATIENCE):
                leases.mark_late(errand.message)
                errand.is_doubtful = True
                self._last_word.pass_on(errand)
            errand.is_slow = errand.is_slow or errand.server_took(now) > PATIENCE
        self._give_back(one for hand in self.hand.values() for one in hand if now - one.began > IN_HAND)
        if now >= self._renew_at:
            self._renew()
        if now >= self._expire_at:
            self.outcome.cancelled += outbox.cancel_expired(now=self.clock())
            self._expire_at = now + EXPIRE_EVERY
        if self._idle and not self.is_busy and now - self._used > KEEP_OPEN:
            self.dismiss()

    def _renew(self) -> None:
        began = time.monotonic()
        held = [*self.away, *(errand for hand in self.hand.values() for errand in hand)]
        held = [errand for errand in held if errand not in self._reported]
        gone = {message.pk for message in leases.renew([errand.message for errand in held], now=self.clock())}
        for errand in held:
            is_ours = errand.message.pk not in gone
            errand.held_until = began + leases.lease(errand.message.queue).total_seconds() if is_ours else 0.0
        for hand in self.hand.values():
            for errand in [errand for errand in hand if errand.message.pk in gone]:
                hand.remove(errand)
        self._renew_at = began + leases.lease(Queue.ACCOUNT).total_seconds() / 4

    def _give_back(self, errands: Iterable[Errand]) -> None:
        for errand in list(errands):
            leases.release([errand.message])
            self.hand[errand.message.queue].remove(errand)

    def give_back_hand(self) -> None:
        """Give back what no place has yet."""
        self._give_back(errand for hand in self.hand.values() for errand in hand)

    # --- what is due ------------------------------------------------------------------------------
    def _hand_out(self, now: float) -> None:
        for queue in Queue.values:  # account mails never wait behind others
            while queue in self.queues and self._has_room(queue) and (errand := self._next(queue)):
                errand.place = self._idle.pop() if self._idle else self._open_place()
                errand.began = time.monotonic()
                self.away.append(errand)
                errand.place.errands.put(errand)

    def _open_place(self) -> Place:
        place = Place(self.inbox.put)
        place.start()
        return place

    def _has_room(self, queue: str) -> bool:
        """Slow servers leave room for others up to the number of connections; some of these are kept for codes."""
        now, most = time.monotonic(), self._room.most
        mine = [errand for errand in self.away if errand.message.queue == queue]
        quick = sum(not errand.is_slow for errand in mine)
        kept, limit = (0, most) if queue == Queue.ACCOUNT else (most // 8, most - most // 4)
        hanging = sum(errand.is_slow for errand in self.away)
        is_free = len(self.away) < min(most - kept, self._room.allowed(now, hanging=hanging))
        return is_free and quick < AT_ONCE and not _is_clogged(mine, limit=limit, now=now)

    def _full_domains(self, queue: str) -> set[str]:
        """The receiving domains for which a quarter of all places wait (for codes: three quarters): others must find some."""
        now, most = time.monotonic(), self._room.most
        limit = max(1, most * 3 // 4 if queue == Queue.ACCOUNT else most // 4)
        by_domain = defaultdict(list)
        for errand in self.away:
            by_domain[errand.domain].append(errand)
        return {domain for domain, errands in by_domain.items() if _is_clogged(errands, limit=limit, now=now)}

    def _next(self, queue: str) -> Errand | None:
        """The next mail that may go. What waits for a full domain is given back: another worker may have room."""
        hand, full = self.hand[queue], self._full_domains(queue)
        self._give_back(errand for errand in hand if errand.domain in full)
        while hand or self._claim(queue, full=full):
            unasked = [errand for errand in hand if not errand.is_asked]
            for kind in {errand.message.kind for errand in unasked}:
                self._ask([errand for errand in unasked if errand.message.kind == kind])
            if hand:
                return hand.popleft()
        return None

    def _ask(self, errands: Sequence[Errand]) -> None:
        """Ask whether these (of one kind) are still wanted, and cancel the others. What cannot be told counts as a try."""
        rows, now = [errand.message for errand in errands], self.clock()
        try:
            gone = outbox.unwanted(rows, now=now)
        except OUTAGES:
            raise
        except Exception as error:
            logger.exception("mail: whether a mail is still wanted cannot be told (%s)", type(error).__name__)
            refusal = refusals.not_built(error, is_final=False)
            for errand in errands:
                self.outcome.failed += leases.mark_refused(errand.message, refusal=refusal, now=now)
                self.hand[errand.message.queue].remove(errand)
            return
        for errand in errands:
            errand.is_asked = True
            if errand.message.pk in gone:
                self.outcome.cancelled += leases.drop([errand.message])
                self.hand[errand.message.queue].remove(errand)

    def _how_many(self, queue: str) -> int:
        """One, to find out whether the server is there again; account mails by the few."""
        return 1 if self._room.is_asking else AT_ONCE if queue == Queue.ACCOUNT else BATCH

    def _claim(self, queue: str, *, full: set[str]) -> bool:
        """Take rows in hand; False when there are none."""
        began = time.monotonic()
        if began < self._look_at[queue]:
            return False
        rows = self._take_over(queue, now=began, full=full) or leases.claim(
            queue, now=self.clock(), limit=self._how_many(queue), full=full
        )
        if not rows:
            self._look_at[queue] = began + (SWEEP_EVERY if self.is_busy else LOOK_EVERY)
            return False
        held_until = began + leases.lease(queue).total_seconds()
        self.hand[queue].extend(Errand(row, held_until=held_until, last_word=self._last_word) for row in rows)
        return True

    def _take_over(self, queue: str, *, now: float, full: set[str]) -> list[Message]:
        if now < self._sweep_at[queue]:
            return []
        holding = [errand.message.pk for errand in self.away]
        limit = self._how_many(queue)
        rows = leases.take_over(queue, now=self.clock(), limit=limit, full=full, holding=holding)
        if not rows:
            self._sweep_at[queue] = now + SWEEP_EVERY
        return rows

    def wait_with_sweeps(self, seconds: float) -> None:
        """Leave the rows of other workers alone for so long: after an outage of the database all leases look old, and who
        holds a row marks it first."""
        self._sweep_at = dict.fromkeys(Queue.values, time.monotonic() + seconds)

    # --- the end ----------------------------------------------------------------------------------
    def dismiss(self, *, is_waiting: bool = False) -> None:
        """Close the connections that are not in use; `is_waiting`: until that is done."""
        places, self._idle = self._idle, []
        for place in places:
            place.errands.put(None)
        for place in places if is_waiting else ():
            place.join()

    def give_up(self) -> None:
        """Give everything back. What a server has had whole, and not answered yet, is perhaps delivered."""
        self.listen(0)
        self.give_back_hand()
        for errand in list(self.away):
            if errand in self._reported:
                self._mark(errand)
            elif errand.call_back():
                leases.release([errand.message])
            else:
                leases.mark_unanswered(errand.message, refusal=refusals.unanswered(), now=self.clock())
            self.away.remove(errand)
        self._reported.clear()


def _is_clogged(errands: Sequence[Errand], *, limit: int, now: float) -> bool:
    """Whether so many of these wait for slow servers that no other may go.

    One at a time still does, to find out whether the server is quick again: after FEEL_EVERY seconds, and twice as long for
    each that was slow too.
    """
    slow = [errand for errand in errands if errand.is_slow]
    if len(slow) < limit:
        return False
    wait = FEEL_EVERY * 2 ** (len(slow) - limit)
    return len(slow) < len(errands) or now - max(errand.began for errand in slow) < wait


def deliver(queues: Iterable[str], *, clock: Clock) -> Outcome:
    """Send what is due in these queues, and return what was done once the last mail server has answered."""
    delivery = Delivery(queues, clock=clock)
    delivery.turn()
    while not delivery.is_without_work:
        delivery.listen(0.2)
        delivery.turn()
    delivery.dismiss(is_waiting=True)
    delivery.outcome.tell()
    return delivery.outcome
