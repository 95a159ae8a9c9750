"""Places: threads that each hold one connection to the mail server and hand over one mail after the other.

They know nothing of the database. A server that answers late keeps the one place that waits for it. All times are seconds
of the monotonic clock.
"""

import logging
import smtplib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from queue import SimpleQueue
from typing import Any

from django.conf import settings
from django.core.mail import get_connection

from events.mail import refusals
from events.mail.envelope import as_mail, domain_of
from events.mail.refusals import Refusal
from events.mail.smtp import AnswerLost, HungUpBefore, SmtpBackend
from events.models import Message

logger = logging.getLogger(__name__)


class Verdict(Enum):
    """What became of a mail that was handed to a place."""

    TAKEN = "the server has it"
    REFUSED = "the server does not take it"
    UNANSWERED = "the server had it whole, and no answer came"
    UNREACHED = "no connection could be made"
    HELD_BACK = "not handed over: we stop, it is too late or not wanted any more, or the row is no longer ours"


CHECK_EVERY = 0.2  # whether a mail that waits for its last word may still go


class NobodyToSendTo(Exception):
    """The mail has no recipient, so nothing went to the server."""


class HeldBack(Exception):
    """The last word must not be said any more."""


class LastWord:
    """The right to say the last word, for `at_once` errands at a time: in the order of asking, codes before all others."""

    def __init__(self, at_once: int = 1) -> None:
        self._at_once = at_once
        self._line: list[Errand] = []  # those in front have it
        self._lock = threading.Lock()

    def wait(self, errand: "Errand", *, check: Callable[[], None]) -> None:
        """Wait for the turn; raises what `check` raises, which is asked again and again meanwhile."""
        with self._lock:
            self._line.insert(self._behind(errand), errand)
            self._let_in()
        while not errand.may_speak.wait(CHECK_EVERY):
            check()

    def pass_on(self, errand: "Errand") -> None:
        """Let the next one say it; without effect for one that does not stand in the line."""
        with self._lock:
            if errand in self._line:
                self._line.remove(errand)
                self._let_in()

    def _let_in(self) -> None:
        for errand in self._line[: self._at_once]:
            errand.may_speak.set()

    def _behind(self, errand: "Errand") -> int:
        waiting = range(self._at_once, len(self._line))
        is_bulk = [index for index in waiting if self._line[index].message.queue != Message.Queue.ACCOUNT]
        return is_bulk[0] if is_bulk and errand.message.queue == Message.Queue.ACCOUNT else len(self._line)


@dataclass(eq=False)
class Errand:
    """One mail on its way: who has it, how far it is, what became of it.

    `held_until`: when our lease ends; `void_from`: when the mail expires. `asked_at`: since when it waits for its turn to say the last word, which `may_speak`
    tells; `dot_at`: when that was said; from then on it may have arrived.
    `is_slow`: its server takes its time; `is_doubtful`: and it has the whole mail, which the row says.
    """

    message: Message
    held_until: float
    last_word: LastWord
    began: float = field(default_factory=time.monotonic)
    asked_at: float | None = None
    dot_at: float | None = None
    void_from: float = float("inf")
    is_slow: bool = False
    is_doubtful: bool = False
    is_called_back: bool = False
    verdict: Verdict | None = None
    refusal: Refusal | None = None
    place: "Place | None" = None
    may_speak: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def domain(self) -> str:
        return domain_of(self.message.to)

    def before_the_dot(self) -> None:
        """Wait for the turn to say the last word. Raises HeldBack when the mail must not go any more.

        One mail at a time is between its last word and its mark in the database, so a kill can repeat only that one;
        whose server answers late passes the word on (`Delivery`).
        """
        self.asked_at = time.monotonic()
        self.last_word.wait(self, check=self._check)
        with self._lock:
            self._check()
            self.dot_at = time.monotonic()

    def server_took(self, now: float) -> float:
        """Seconds that the server has had so far; what the mail waits for our own last word is not among them."""
        asked_at, dot_at = self.asked_at, self.dot_at
        if asked_at is None:
            return now - self.began
        return asked_at - self.began + (now - dot_at if dot_at else 0.0)

    def is_out_of_patience(self, now: float, patience: float) -> bool:
        """Whether the answer to the last word has been due for so long, and nobody has noted it yet."""
        return self.dot_at is not None and not self.is_doubtful and now - self.dot_at > patience

    def call_back(self) -> bool:
        """Keep the mail from being handed over; False when its last word is said."""
        with self._lock:
            self.is_called_back = self.dot_at is None
        return self.is_called_back

    def _check(self) -> None:
        if self.is_called_back or time.monotonic() >= min(self.held_until, self.void_from):
            raise HeldBack


class Courier:
    """One connection to the mail server: opened when first needed, and again after the server broke off."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._is_used = False

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as we know."""
        return self._connection is not None

    def hand_over(self, errand: Errand) -> tuple[Verdict, Refusal | None]:
        """Give one mail to the server."""
        try:
            self._open()
            return self._send(errand)
        except HungUpBefore as error:
            was_used = self._is_used
            self._cut()
            return self.hand_over(errand) if was_used else (Verdict.UNREACHED, refusals.unreached(error))
        except (smtplib.SMTPException, OSError) as error:
            self._cut()
            return Verdict.UNREACHED, refusals.unreached(error)

    def _open(self) -> None:
        if self._connection is None:
            connection = get_connection(settings.DELIVERY_BACKEND)
            connection.open()
            self._connection, self._is_used = connection, False

    def _send(self, errand: Errand) -> tuple[Verdict, Refusal | None]:
        try:
            if isinstance(self._connection, SmtpBackend) and self._connection.connection is not None:
                self._connection.connection.before_the_dot = errand.before_the_dot
            else:
                errand.before_the_dot()
            if self._connection.send_messages([as_mail(errand.message)]) == 0:
                raise NobodyToSendTo
        except HungUpBefore:
            raise
        except HeldBack:
            self._cut()
            return Verdict.HELD_BACK, None
        except AnswerLost:
            self._cut()
            return Verdict.UNANSWERED, refusals.unanswered()
        except Exception as error:  # any error of one mail is that mail's; the others go on
            refusal = refusals.refusal_of(error, is_secret=errand.message.is_secret)
            if refusal.is_of_us:
                self._cut()
                return Verdict.UNREACHED, refusal
            if refusal.hung_up or refusal.reason == Message.Reason.NOT_BUILT:
                self._cut()
            return Verdict.REFUSED, refusal
        self._is_used = True
        return Verdict.TAKEN, None

    def _cut(self) -> None:
        """Hang up without a word: in the midst of a mail a good-bye would be read as its text."""
        connection, self._connection = self._connection, None
        if isinstance(connection, SmtpBackend) and connection.connection is not None:
            connection.connection.close()

    def close(self) -> None:
        """Say good-bye and hang up. An error here tells nothing about any mail."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except (smtplib.SMTPException, OSError) as error:
                logger.info("closing the mail connection: %s", type(error).__name__)


class Place(threading.Thread):
    """A courier at work: takes one errand after the other, reports each, and ends when it gets None."""

    def __init__(self, report: Callable[[Errand], None]) -> None:
        super().__init__(name="mail", daemon=True)
        self.errands: SimpleQueue[Errand | None] = SimpleQueue()
        self.courier = Courier()
        self._report = report

    def run(self) -> None:
        while (errand := self.errands.get()) is not None:
            try:
                errand.verdict, errand.refusal = self.courier.hand_over(errand)
            except (
                Exception
            ) as error:  # such as settings that contradict each other: the row must not hang on this thread
                logger.exception("mail: no connection can be made (%s)", type(error).__name__)
                errand.verdict, errand.refusal = Verdict.UNREACHED, refusals.unreached(error)
            self._report(errand)
        self.courier.close()
