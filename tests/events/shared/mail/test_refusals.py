import smtplib

import pytest

from events.models import Message
from events.shared.mail import refusals
from events.shared.mail.refusals import Refusal

Reason = Message.Reason


@pytest.mark.parametrize(
    ("sentence", "is_secret", "cleaned"),
    [
        ("550 user <a@example.org> unknown", False, "550 user … unknown"),
        ("550 line\r\nbreak", False, "550 line break"),
        ("550-5.1.1 a code 123456", True, "550-5.1.1"),
        ("421 123456", True, "421"),
        ("what is this 123456", True, ""),
        ("550 " + "x" * 600, False, "550 " + "x" * 496),
    ],
)
def test_clean_error_shows_no_address_and_no_secret(sentence, is_secret, cleaned):
    assert refusals.clean_error(sentence, is_secret=is_secret) == cleaned


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (
            smtplib.SMTPRecipientsRefused({"a@example.org": (550, b"no")}),
            Refusal("550 no", Reason.NO_MAILBOX, is_final=True),
        ),
        (smtplib.SMTPDataError(421, b"bye"), Refusal("421 bye", Reason.BUSY, hung_up=True)),
        (smtplib.SMTPSenderRefused(421, b"bye", "x@y"), Refusal("421 bye", Reason.BUSY, hung_up=True, is_early=True)),
        (smtplib.SMTPDataError(-1, b"hello"), Refusal("-1 hello", Reason.BROKEN_OFF, hung_up=True)),
        (smtplib.SMTPDataError(452, "full"), Refusal("452 full", Reason.FULL)),
        (smtplib.SMTPSenderRefused(553, b"who", "x@y"), Refusal("553 who", Reason.SENDER, is_early=True)),
        (smtplib.SMTPSenderRefused(451, b"later", "x@y"), Refusal("451 later", Reason.LATER)),
        (TimeoutError(), Refusal("The mail server broke off (TimeoutError)", Reason.BROKEN_OFF, hung_up=True)),
        (ValueError("x"), Refusal("The mail cannot be built (ValueError)", Reason.NOT_BUILT, is_final=True)),
    ],
)
def test_refusal_of_error(error, refusal):
    assert refusals.refusal_of(error, is_secret=False) == refusal


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(), Reason.UNREACHED),
        (smtplib.SMTPServerDisconnected("x"), Reason.UNREACHED),
        (smtplib.SMTPAuthenticationError(535, b"no"), Reason.LOG_IN),
    ],
)
def test_server_that_lets_nobody_begin(error, reason):
    assert (refusals.unreached(error).reason, refusals.unreached(error).is_final) == (reason, False)


# What the large providers say; the addresses and links are left out.
@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("550 5.1.1 The email account that you tried to reach does not exist.", Reason.NO_MAILBOX),
        ("550-5.1.1 The email account that you tried to reach does not exist.", Reason.NO_MAILBOX),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", Reason.NO_DOMAIN),
        ("550 Requested action not taken: mailbox unavailable", Reason.NO_MAILBOX),
        ("556 5.1.10 recipient domain has null MX", Reason.NO_DOMAIN),
        ("501 5.1.3 Bad recipient address syntax", Reason.BAD_ADDRESS),
        ("550 5.2.1 The email account that you tried to reach is disabled.", Reason.CLOSED),
        ("452 4.2.2 The email account that you tried to reach is over quota.", Reason.FULL),
        ("552 5.2.2 mailbox full", Reason.FULL),
        ("552 5.3.4 Message size exceeds fixed limit", Reason.TOO_LARGE),
        ("552 message too big", Reason.TOO_LARGE),
        ("450 4.2.0 Recipient address rejected: Greylisted, see …", Reason.GREYLISTED),
        ("451 4.7.1 Please try again later", Reason.GREYLISTED),
        ("550 5.7.1 Our system has detected that this message is likely unsolicited mail.", Reason.UNWANTED),
        ("554 5.7.1 Service unavailable; Client host blocked using zen", Reason.UNWANTED),
        ("554 refused", Reason.UNWANTED),
        ("550 5.7.26 This mail is unauthenticated", Reason.SENDER),
        ("550 5.7.515 Access denied, sending domain does not meet the required level", Reason.SENDER),
        ("550 SPF check failed", Reason.SENDER),
        ("535 5.7.8 Username and Password not accepted", Reason.LOG_IN),
        ("530 authentication required", Reason.LOG_IN),
        ("421 4.3.2 Service not available", Reason.BUSY),
        ("451 4.4.1 no answer from host", Reason.BUSY),
        ("451 local error", Reason.LATER),
        ("571 no", Reason.REFUSED),
        ("what is this", Reason.REFUSED),
    ],
)
def test_reason_in_words(sentence, reason):
    assert refusals.reason_of(sentence) == reason
