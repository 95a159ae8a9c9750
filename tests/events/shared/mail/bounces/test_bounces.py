"""Bounces and complaints: who reports them, what they suppress, and what still goes to a suppressed address."""

import json
from base64 import b64encode
from datetime import timedelta

import pytest
from django.urls import reverse

from events.models import HistoryEntry, Message, SuppressedAddress
from events.shared.mail import refusals, sender
from events.shared.mail.bounces import suppressed
from events.shared.mail.bounces.suppressed import BounceReport, Reason
from events.shared.mail.bounces.webhook_views import PROVIDERS
from events.shared.mail.refusals import Refusal
from tests.factories import NOW, MessageFactory, boss
from tests.refusals import refused

pytestmark = pytest.mark.django_db
SECRET = "postman:" + "s" * 24
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _secret(settings):
    settings.MAIL_EVENTS_SECRET = SECRET


def send(client, body, *, provider="postmark", secret=SECRET):
    headers = {"HTTP_AUTHORIZATION": f"Basic {b64encode(secret.encode()).decode()}"} if secret else {}
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(
        reverse("mail-events", args=[provider]), body, content_type="application/json", **headers
    ).status_code


def bounce(to="gone@example.org", *, kind="HardBounce", **more):
    known = {"RecordType": "Bounce", "Type": kind, "Email": to, "BouncedAt": "2020-07-22T10:00:00Z", "ID": 1}
    return known | {"Description": "The server said 5.1.1", "Details": "550 5.1.1 no such user"} | more


def report(at=NOW, *, address="gone@example.org", reason=Reason.BOUNCED):
    return BounceReport(address, reason, "550 5.1.1 <gone@example.org> unknown", at)


def addresses():
    return list(SuppressedAddress.objects.values_list("address", "reason"))


# --- reports of a provider ------------------------------------------------------------------------
def test_hard_bounce_and_complaint_suppress_an_address_once_however_often_they_come(client):
    MessageFactory(to="Gone@example.org"), MessageFactory(to="angry@example.org")
    complaint = {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "Email": "angry@example.org"}

    found = [send(client, body) for body in (bounce("Gone@example.org"), bounce("Gone@example.org"), complaint)]

    assert found == [204, 204, 204]
    assert sorted(addresses()) == [("angry@example.org", "complained"), ("gone@example.org", "bounced")]
    row = SuppressedAddress.objects.get(address="gone@example.org")
    assert "@" not in row.said
    assert HistoryEntry.objects.filter(verb="suppress-address").count() == 2


# As each provider sends them: an address that is not there, a mailbox that is full, and a complaint.
GONE, FULL = "550 5.1.1 no such user", "452 4.2.2 mailbox full"
MAILGUN = {"recipient": "gone@example.org", "timestamp": 1595412000.1, "id": "x", "log-level": "error"}
MAILJET = {"email": "gone@example.org", "time": 1595412000, "MessageID": 19421777835146490, "mj_campaign_id": 7257}
MAILTRAP = {"email": "gone@example.org", "timestamp": 1595412000, "message_id": "a1", "event_id": "e1", "category": "x"}
SPARKPOST = {"raw_rcpt_to": "gone@example.org", "timestamp": "1595412000", "event_id": "9", "transmission_id": "6"}
BREVO = {"email": "gone@example.org", "id": 26224, "ts_epoch": 1595412000123, "message-id": "<a@b>", "subject": "News"}


def signed(data):
    return {"signature": {"timestamp": "1595412000", "token": "t", "signature": "s"}, "event-data": MAILGUN | data}


def spark(kind, **data):
    return [{"msys": {"message_event": SPARKPOST | {"type": kind} | data}}]


SAMPLES = {
    "brevo": (
        BREVO | {"event": "hard_bounce", "reason": GONE},
        BREVO | {"event": "soft_bounce", "reason": FULL},
        BREVO | {"event": "spam"},
    ),
    "mailgun": (
        signed({"event": "failed", "severity": "permanent", "reason": "bounce", "delivery-status": {"message": GONE}}),
        signed({"event": "failed", "severity": "temporary", "reason": "generic", "delivery-status": {"message": FULL}}),
        signed({"event": "complained"}),
    ),
    "mailjet": (
        [MAILJET | {"event": "bounce", "blocked": False, "hard_bounce": True, "error": "user unknown"}],
        [MAILJET | {"event": "bounce", "blocked": False, "hard_bounce": False, "error": "quota exceeded"}],
        [MAILJET | {"event": "spam", "source": "JMRPP"}],
    ),
    "mailtrap": (
        {"events": [MAILTRAP | {"event": "bounce", "response": GONE, "response_code": 550}]},
        {"events": [MAILTRAP | {"event": "soft bounce", "response": FULL, "response_code": 452}]},
        {"events": [MAILTRAP | {"event": "spam"}]},
    ),
    "postmark": (
        bounce(),
        bounce(kind="SoftBounce", Description="Mailbox full", Details=FULL),
        {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "Email": "gone@example.org"},
    ),
    "sparkpost": (
        spark("bounce", bounce_class="10", raw_reason=GONE),
        spark("bounce", bounce_class="22", raw_reason="552 mailbox full"),
        spark("spam_complaint"),
    ),
}


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
@pytest.mark.parametrize(("sort", "reason"), [(0, ["bounced"]), (1, []), (2, ["complained"])])
def test_a_report_of_each_provider_is_understood(client, provider, sort, reason):
    MessageFactory(to="gone@example.org")

    answer = send(client, SAMPLES[provider][sort], provider=provider)

    assert (answer, addresses()) == (204, [("gone@example.org", one) for one in reason])


def test_address_to_which_nobody_wrote_is_left_out(client):
    assert (send(client, bounce("stranger@example.org")), addresses()) == (204, [])


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_odd_bodies_are_never_an_error_of_the_site(client, provider):
    for body in (b"", b"\x00", b"[", [], {}, {"RecordType": []}, bounce(to=None), bounce(to=7), 5, "x"):
        assert send(client, body, provider=provider) in {204, 400}, body
    assert addresses() == []


@pytest.mark.parametrize("secret", ["", "postman:wrong", SECRET + "x", "postman"])
def test_nobody_reports_without_the_secret(client, secret):
    MessageFactory(to="gone@example.org")

    assert (send(client, bounce(), secret=secret), addresses()) == (403, [])


def test_there_is_no_such_page_for_other_providers_or_where_no_secret_is_set(client, settings):
    assert send(client, bounce(), provider="nobody") == 404
    assert client.get(reverse("mail-events", args=["postmark"])).status_code == 405
    settings.MAIL_EVENTS_SECRET = ""
    assert send(client, bounce(), secret="") == 404


# --- what goes, and what does not ------------------------------------------------------------------
def test_bulk_mail_to_a_suppressed_address_is_cancelled_and_says_so_and_account_mail_goes():
    bulk, account = MessageFactory(to="Gone@example.org"), MessageFactory(to="gone@example.org", queue="account")
    other = MessageFactory()
    suppressed.suppress([report()], now=NOW)

    outcome = sender.send_due(["account", "bulk"], clock=lambda: NOW)

    assert (outcome.sent, outcome.cancelled) == (2, 1)
    rows = Message.objects.in_bulk([bulk.pk, account.pk, other.pk])
    assert (rows[bulk.pk].state, rows[bulk.pk].reason) == ("cancelled", "suppressed")
    assert (rows[account.pk].state, rows[other.pk].state) == ("sent", "sent")


@pytest.mark.parametrize(
    ("said", "is_final", "is_gone"),
    [
        ("550 5.1.1 no such user", True, True),
        ("550 5.2.1 closed", True, True),
        ("550 no such user", True, False),  # many servers say it of the sender too
        ("550 5.7.1 spam", True, False),
        ("552 5.2.2 full", True, False),
        ("450 4.1.1 later", False, False),
    ],
)
def test_only_what_a_server_says_for_good_of_a_mailbox_counts(said, is_final, is_gone):
    assert refusals.is_gone(Refusal(said, "x", is_final=is_final)) is is_gone


# --- the way back ----------------------------------------------------------------------------------
def test_organisers_free_an_address_and_an_old_report_does_not_suppress_it_again():
    MessageFactory(to="gone@example.org")
    suppressed.suppress([report()], now=NOW)
    row, by = SuppressedAddress.objects.get(), boss()

    assert refused(suppressed.free, row, reason=" ", by=by, now=NOW + HOUR) == {"reason": ["no-reason"]}
    suppressed.free(row, reason="They wrote to us", by=by, now=NOW + HOUR)

    assert refused(suppressed.free, row, reason="Again", by=by, now=NOW + HOUR) == "freed-already"
    assert suppressed.among(["gone@example.org"]) == set()
    assert suppressed.suppress([report()], now=NOW + 2 * HOUR) == 0
    assert suppressed.suppress([report(NOW + 2 * HOUR)], now=NOW + 2 * HOUR) == 1
    assert suppressed.among(["gone@example.org"]) == {"gone@example.org"}
