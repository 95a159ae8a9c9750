"""What a mail server says with numbers, in words: why a mail was not taken, and whether another try can help.

Codes of RFC 5321 (three digits) and RFC 3463 with its register (x.y.z). Servers differ in how they use them, so the
words beside them are read too where they decide.
"""

import re
import smtplib  # noqa: TID251
from dataclasses import dataclass, replace

from events.models import Message

Reason = Message.Reason
ENHANCED = re.compile(r"^[245]\d\d[ -]([245])\.(\d{1,3})\.(\d{1,3})\b")

# x.y.z without its first digit.
BY_ENHANCED = {
    **dict.fromkeys(["1.1", "1.6"], Reason.NO_MAILBOX),
    **dict.fromkeys(["1.2", "1.10", "4.4"], Reason.NO_DOMAIN),
    **dict.fromkeys(["1.3", "1.0"], Reason.BAD_ADDRESS),
    "2.1": Reason.CLOSED,
    "2.2": Reason.FULL,
    **dict.fromkeys(["2.3", "3.4"], Reason.TOO_LARGE),
    **dict.fromkeys(["1.8", "7.20", "7.21", "7.22", "7.23", "7.24", "7.25", "7.26", "7.27", "7.515"], Reason.SENDER),
    **dict.fromkeys(["7.8", "7.9", "7.11", "7.14"], Reason.LOG_IN),
    **dict.fromkeys(["3.0", "3.1", "3.2", "4.0", "4.1", "4.2", "4.3", "4.5", "4.7"], Reason.BUSY),
}
BY_CODE = {
    **dict.fromkeys([421, 454], Reason.BUSY),
    **dict.fromkeys([530, 534, 535, 538], Reason.LOG_IN),
    **dict.fromkeys([452, 552], Reason.FULL),
    **dict.fromkeys([501, 553], Reason.BAD_ADDRESS),
    550: Reason.NO_MAILBOX,
    551: Reason.NO_MAILBOX,
    554: Reason.UNWANTED,
    556: Reason.NO_DOMAIN,
}
GONE = {"1.1", "1.6", "2.1"}
# Read in this order, before the codes: what many servers say with a code that fits all.
BY_WORDS = [
    (re.compile(r"gr[ea]y.?list|postgrey", re.IGNORECASE), Reason.GREYLISTED),
    (re.compile(r"quota|mailbox (is )?full|over ?quota|insufficient storage", re.IGNORECASE), Reason.FULL),
    (re.compile(r"\bspf\b|\bdkim\b|\bdmarc\b", re.IGNORECASE), Reason.SENDER),
    (re.compile(r"too (big|large)|size limit|exceeds.*size", re.IGNORECASE), Reason.TOO_LARGE),
    (re.compile(r"spam|block ?list|black ?list|blocked|reputation", re.IGNORECASE), Reason.UNWANTED),
]

BY_SIZE = {Reason.TOO_LARGE, Reason.FULL}  # said of one mail as soon as its size is told, with the sender


@dataclass(frozen=True)
class Refusal:
    """Why a mail was not taken: a reason, and a sentence that may be shown; `is_final`: no other try can help;
    `hung_up`: the connection cannot be used any more; `is_early`: it is not about the mail, but about our log-in or sender, or
    the server goes away, so all others would be refused too."""

    sentence: str
    reason: str
    is_final: bool = False
    hung_up: bool = False
    is_early: bool = False


def clean_error(sentence: str, *, is_secret: bool) -> str:
    """Return a server's sentence fit for a list: one line, no addresses; of a secret mail only the status codes."""
    printable = "".join(sign if sign.isprintable() else " " for sign in sentence)  # a database takes no NUL
    line = " ".join(re.sub(r"\S+@\S+", "…", printable).split())
    if is_secret:
        code = re.match(r"[245]\d\d(?:[ -]\d\.\d{1,3}\.\d{1,3})?", line)
        line = code.group() if code else ""
    return line[:500]


def reason_of(sentence: str) -> str:
    """Tell from what a server answered (`550 5.1.1 no such user`) why it did not take a mail."""
    for words, reason in BY_WORDS:
        if words.search(sentence):
            return reason
    found = ENHANCED.match(sentence)
    known = found and BY_ENHANCED.get(f"{found[2]}.{found[3]}")
    if known:
        return known
    is_for_now = sentence.startswith("4")
    code = sentence[:3]
    by_code = BY_CODE.get(int(code) if code.isdecimal() else 0)
    if found and found[2] == "7" and by_code != Reason.LOG_IN:
        return Reason.GREYLISTED if is_for_now else Reason.UNWANTED
    return by_code or (Reason.LATER if is_for_now else Reason.REFUSED)


def is_gone(refusal: Refusal) -> bool:
    """Whether a server said for good, with a code that means nothing else, that the mailbox is not there or is closed. The plain
    550 does not tell: many servers say it of the sender too."""
    found = ENHANCED.match(refusal.sentence)
    return bool(refusal.is_final and found and found[1] == "5" and f"{found[2]}.{found[3]}" in GONE)


def not_built(error: Exception, *, is_final: bool = True) -> Refusal:
    """What is said of a mail that we cannot put together."""
    return Refusal(_named("The mail cannot be built", error), Reason.NOT_BUILT, is_final=is_final)


def refusal_of(error: Exception, *, is_secret: bool) -> Refusal:
    """Tell from an error whether the mail is refused for good (5xx of the server, or a mail that cannot be built)."""
    answer: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, answer = error.smtp_code, error.smtp_error
    elif isinstance(error, smtplib.SMTPException | OSError):
        return Refusal(_named("The mail server broke off", error), Reason.BROKEN_OFF, hung_up=True)
    else:
        return not_built(error)
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    sentence = f"{code} {words}"
    shown = clean_error(sentence, is_secret=is_secret)
    if not 400 <= code < 600:  # neither yes nor no
        return Refusal(shown, Reason.BROKEN_OFF, hung_up=True)
    refusal = Refusal(shown, reason_of(sentence), is_final=code >= 500, hung_up=code == 421)
    return _early(refusal) if isinstance(error, smtplib.SMTPSenderRefused) else refusal


def _early(refusal: Refusal) -> Refusal:
    """Nothing was said of a recipient yet: so whatever the code stands for elsewhere, it is about the sender, or the server ends."""
    if refusal.hung_up:
        return replace(refusal, is_early=True)
    if not refusal.is_final or refusal.reason in BY_SIZE:
        return refusal
    reason = Reason.LOG_IN if refusal.reason == Reason.LOG_IN else Reason.SENDER
    return replace(refusal, reason=reason, is_final=False, is_early=True)


def unreached(error: Exception) -> Refusal:
    """What is said of a server that could not be reached, or that did not let us begin."""
    reason = Reason.LOG_IN if isinstance(error, smtplib.SMTPAuthenticationError) else Reason.UNREACHED
    return Refusal(_named("The mail server is not reached", error), reason, hung_up=True, is_early=True)


def crashed() -> Refusal:
    """What is said of a mail that ended one worker after the other."""
    return Refusal("The worker ended each time while it had this mail", Reason.CRASHED, is_final=True)


def _named(sentence: str, error: Exception) -> str:
    return f"{sentence} ({type(error).__name__})"
