"""Delivery: takes due rows of the outbox, hands them out to places (`events.mail.places`), and marks each one.

At least once. One thread does everything in the database; places only talk with the mail server. No more rows are claimed
than go at once, each with a short lease that is renewed while its server takes its time: so a slow server costs the one place
that waits for it, and what a killed worker held is free soon. One mail at a time is between its last word and its mark, so a
kill can repeat the one mail that the server has taken and that is not marked yet, **at most one double per killed worker**,
and loses none. Where a server answers late, the word passes on after PATIENCE, and the row says “perhaps delivered” meanwhile.
"""

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from events.mail import leases, outbox, refusals, room
from events.mail.bounces import suppressed
from events.mail.envelope import domain_of
from events.mail.places import Errand, LastWord, Place, Verdict
from events.models import Message

logger = logging.getLogger(__name__)

OUTAGES = (OperationalError, InterfaceError)
Clock = Callable[[], datetime]
Queue = Message.Queue

# All times are seconds.
PATIENCE = 1.0  # after which a server counts as slow
LOOK_EVERY = 2.0  # for due rows when nobody wakes us
SWEEP_EVERY = 1.0  # for rows of lost workers and for repeats
EXPIRE_EVERY = 10.0
KEEP_OPEN = 5.0  # a connection without mail
LOOK_FOR = 0.25  # what is due, in one turn; then what is on its way comes first


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
        self.away: list[Errand] = []  # with a place, until it is marked
        self._reported: deque[Errand] = deque()
        self._idle: list[Place] = []
        self._last_word = LastWord()
        self._room = room.Room(settings.MAIL_CONNECTIONS)
        self._renew_at = self._expire_at = 0.0
        self._look_at = dict.fromkeys(Queue.values, 0.0)
        self._sweep_at = dict.fromkeys(Queue.values, 0.0)
        self._used = time.monotonic()
        self._has_more = False

    # --- one turn ---------------------------------------------------------------------------------
    def turn(self) -> None:
        """Mark what was reported, look after what is on its way, hand out what is due.

        Raises what the database raises; then nothing is forgotten, and the next turn does the rest.
        """
        self._has_more = False
        while self._reported:
            self._note(self._reported[0])
            self._finish(self._reported.popleft())
        self._tend(time.monotonic())
        self._hand_out()

    def listen(self, seconds: float) -> None:
        """Wait so long for a report of a place, or to be woken; then take in all there are. Where the last turn broke off
        in the midst of what is due, nothing is waited for."""
        try:
            self._take_in(self.inbox.get(timeout=0 if self._has_more else seconds))
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
        """Whether mails are on their way."""
        return bool(self.away)

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
                if refusals.is_gone(refusal):
                    said = suppressed.Report(message.to, suppressed.Reason.BOUNCED, refusal.sentence, now)
                    suppressed.suppress([said], now=now)
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
        if errand.is_slow or errand.message.crashes or not self._room.is_quick(errand.domain, now=now):
            self._look_at[errand.message.queue] = 0.0  # others waited for its domain, or for itself, perhaps
        if errand.verdict == Verdict.UNREACHED:
            self._count_on_fewer(errand, now=now)
        elif errand.verdict != Verdict.HELD_BACK:
            self._room.connected()
            self._room.answered(errand, now=now)

    def _count_on_fewer(self, errand: Errand, *, now: float) -> None:
        if errand.refusal and errand.refusal.is_of_us:
            self._room.refused(now=now)
        else:
            places = [*self._idle, *(other.place for other in self.away if other.place and not other.is_slow)]
            self._room.no_connection(others=sum(place.courier.is_open for place in places), now=now)
        logger.warning("mail: %s", errand.refusal.sentence if errand.refusal else "")

    # --- what is on its way -----------------------------------------------------------------------
    def _tend(self, now: float) -> None:
        for errand in self.away:
            if errand.is_out_of_patience(now, PATIENCE):
                leases.mark_late(errand.message)
                errand.is_doubtful = True
                self._last_word.pass_on(errand)
            errand.is_slow = errand.is_slow or errand.server_took(now) > PATIENCE
        if now >= self._renew_at:
            self._renew()
        if now >= self._expire_at:
            self.outcome.cancelled += outbox.cancel_expired(now=self.clock())
            self._expire_at = now + EXPIRE_EVERY
        if self._idle and not self.is_busy and now - self._used > KEEP_OPEN:
            self.dismiss()

    def _renew(self) -> None:
        began = time.monotonic()
        held = [errand for errand in self.away if errand not in self._reported]
        gone = {message.pk for message in leases.renew([errand.message for errand in held], now=self.clock())}
        for errand in held:
            errand.held_until = 0.0 if errand.message.pk in gone else _held_until(errand.message, since=began)
        self._call_back_unwanted([errand for errand in held if errand.dot_at is None])
        self._renew_at = began + leases.lease(Queue.ACCOUNT).total_seconds() / 4

    def _call_back_unwanted(self, errands: Sequence[Errand]) -> None:
        """Whose reason has gone while a server takes its time with it must not go any more; its row says so then."""
        unwanted = _unwanted([errand.message for errand in errands], now=self.clock())
        for errand in errands:
            if not isinstance(unwanted, Exception) and errand.message.pk in unwanted:
                errand.call_back()

    # --- what is due ------------------------------------------------------------------------------
    def _hand_out(self) -> None:
        ends = time.monotonic() + LOOK_FOR
        for queue in Queue.values:  # account mails never wait behind others
            while queue in self.queues and (limit := self._how_many(queue)) and self._look(queue, limit=limit):
                if time.monotonic() > ends:  # such as among thousands that nobody wants any more
                    self._has_more = True
                    return

    def _how_many(self, queue: str) -> int:
        """How many rows to claim now; several cost hardly more than one. None beside a mail that ended a worker before."""
        now = time.monotonic()
        if any(errand.message.crashes and not errand.is_slow for errand in self.away):
            return 0
        free = self._room.free(queue, away=self.away, now=now) if now >= self._look_at[queue] else 0
        is_quick = any(errand.message.queue == queue and not errand.is_slow for errand in self.away)
        return 0 if is_quick and 2 * free < self._room.most else free

    def _look(self, queue: str, *, limit: int) -> bool:
        """Claim what is due, and give each mail a place; False when there is nothing."""
        now = time.monotonic()
        left = self._room.left_for_domains(queue, away=self.away, now=now)
        full = {domain for domain, number in left.items() if not number}
        moment = self.clock()
        with transaction.atomic():  # where it breaks off, nothing is claimed
            rows = self._lost(queue, full=full, now=now)
            rows = rows or leases.claim(queue, now=self.clock(), limit=limit, full=full)
            domains = {domain_of(row.to) for row in rows} - left.keys()
            rows = _within(rows, left=left | self._room.left_for_new(queue, domains=domains, now=now))
            wanted = self._with_places(self._still_wanted(rows), now=now)
        if not rows:
            self._look_at[queue] = now + (SWEEP_EVERY if self.is_busy else LOOK_EVERY)
        for row in wanted:
            errand = Errand(row, held_until=_held_until(row, since=now), last_word=self._last_word)
            if row.expires:
                errand.void_from = now + (row.expires - moment).total_seconds()
            errand.place = self._idle.pop()
            self.away.append(errand)
            errand.place.errands.put(errand)
        return bool(rows)

    def _with_places(self, rows: Sequence[Message], *, now: float) -> Sequence[Message]:
        """Those that find a place; where this machine lets us have no more threads, the others are given back."""
        try:
            while len(self._idle) < len(rows):
                place = Place(self.inbox.put)
                place.start()
                self._idle.append(place)
        except RuntimeError:
            logger.warning("mail: no more threads can be started: %d mails go at once", len(self._idle))
            leases.release(rows[len(self._idle) :])
            quick = sum(not errand.is_slow for errand in self.away)
            self._room.no_connection(others=len(self._idle) + quick, now=now)
        return rows[: len(self._idle)]

    def _lost(self, queue: str, *, full: set[str], now: float) -> list[Message]:
        """One row of a lost worker, or one to be repeated. Nothing follows it before it is through (`_how_many`): should its
        mail be what ended the worker, it takes no other with it a second time."""
        if now < self._sweep_at[queue]:
            return []
        holding = [errand.message.pk for errand in self.away]
        rows = leases.take_over(queue, now=self.clock(), limit=1, full=full, holding=holding)
        if not rows:
            self._sweep_at[queue] = now + SWEEP_EVERY
        return rows

    def _still_wanted(self, rows: Sequence[Message]) -> list[Message]:
        """Those that are to go: the others are cancelled, or set aside because they ended one worker after the other. What
        cannot be told counts as a try."""
        now, gone = self.clock(), set()
        for row in rows:
            if row.crashes >= leases.CRASHES:
                self.outcome.failed += leases.mark_refused(row, refusal=refusals.crashed(), now=now)
                gone.add(row.pk)
        stopped = suppressed.stopped([row for row in rows if row.pk not in gone])
        self.outcome.cancelled += leases.drop(stopped)
        gone |= {row.pk for row in stopped}
        for kind in {row.kind for row in rows}:
            asked = [row for row in rows if row.kind == kind and row.pk not in gone]
            if isinstance(unwanted := _unwanted(asked, now=now), Exception) and len(asked) > 1:
                for row in asked:  # one of them is bad, and the others are not to fail with it
                    gone |= self._told_apart([row], _unwanted([row], now=now), now=now)
            else:
                gone |= self._told_apart(asked, unwanted, now=now)
        return [row for row in rows if row.pk not in gone]

    def _told_apart(self, rows: Sequence[Message], unwanted: set[int] | Exception, *, now: datetime) -> set[int]:
        """Cancel those that nobody wants; where that cannot be told, count a try. Return the keys of those that do not go."""
        if isinstance(unwanted, Exception):
            refusal = refusals.not_built(unwanted, is_final=False)
            self.outcome.failed += sum(leases.mark_refused(row, refusal=refusal, now=now) for row in rows)
            return {row.pk for row in rows}
        self.outcome.cancelled += leases.drop([row for row in rows if row.pk in unwanted])
        return unwanted

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
        for errand in list(self.away):
            if errand in self._reported:
                self._mark(errand)
            elif errand.call_back():
                leases.release([errand.message])
            else:
                leases.mark_unanswered(errand.message, refusal=refusals.unanswered(), now=self.clock())
            self.away.remove(errand)
        self._reported.clear()


def _unwanted(rows: Sequence[Message], *, now: datetime) -> set[int] | Exception:
    """The keys of those that nobody wants any more; the others are told what their QR codes say. The error, where that cannot be
    told. Raises where the database is away."""
    try:
        with transaction.atomic():
            unwanted = outbox.unwanted(rows, now=now)
            outbox.add_qr_codes([row for row in rows if row.pk not in unwanted])
            return unwanted
    except Exception as error:
        if isinstance(error, OUTAGES) and not connection.is_usable():
            raise
        logger.exception("mail: whether a mail is still wanted cannot be told (%s)", type(error).__name__)
        return error


def _held_until(message: Message, *, since: float) -> float:
    return since + leases.lease(message.queue).total_seconds()


def _within(rows: Sequence[Message], *, left: Mapping[str, int]) -> list[Message]:
    """Of these rows as many as are left for each domain; the others are given back."""
    kept, number = [], Counter(left)
    for row in rows:
        domain = domain_of(row.to)
        if domain in left and not number[domain]:
            leases.release([row])
            continue
        number[domain] -= 1
        kept.append(row)
    return kept


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
