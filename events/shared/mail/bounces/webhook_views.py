"""What the provider that hands our mails on reports of them: bounces and complaints. Its reports are read by django-anymail."""

import logging
import re
from datetime import datetime
from importlib import import_module
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from events.shared.mail.bounces import suppressed
from events.shared.mail.bounces.suppressed import BounceReport, Reason

logger = logging.getLogger(__name__)

# As the address names them → the class that reads their reports. Only those that fetch nothing.
PROVIDERS = {
    "brevo": "BrevoTrackingWebhookView",
    "mailgun": "MailgunTrackingWebhookView",
    "mailjet": "MailjetTrackingWebhookView",
    "mailtrap": "MailtrapTrackingWebhookView",
    "postmark": "PostmarkTrackingWebhookView",
    "sparkpost": "SparkPostTrackingWebhookView",
}
FOR_GOOD = {"bounced", "invalid"}  # why a mail was not taken; a block may pass
# In what the provider says of a bounce: a full mailbox, a server that is away. Each has words or numbers of its own.
MAY_PASS = re.compile(
    r"soft.?bounce|transient|'hard_bounce': false|'bounce_class': '(?:2\d|40|70)'|\b4\.\d\.\d|\b5\.2\.2\b",
    re.IGNORECASE,
)


@csrf_exempt
@require_POST
def take(request: HttpRequest, provider: str) -> HttpResponse:
    """Take the reports of a provider. 404 where no secret is set or nobody knows the provider, 403 without the secret, 400 for what
    cannot be read: the provider may send it again."""
    if not settings.MAIL_EVENTS_SECRET or provider not in PROVIDERS:
        raise Http404
    from anymail.utils import get_request_basic_auth  # loaded where it is used: a web process stays small

    if not constant_time_compare(get_request_basic_auth(request) or "", settings.MAIL_EVENTS_SECRET):
        return HttpResponse(status=403)
    now = timezone.now()
    try:
        reports = [report for event in _events(request, provider) if (report := _report(event, now=now))]
    except Exception as error:  # whatever shape the body has, it is no fault of the site
        logger.warning("mail: a report of %s cannot be read (%s)", provider, type(error).__name__)
        return HttpResponse(status=400)
    suppressed.suppress(reports, now=now)
    return HttpResponse(status=204)


def _events(request: HttpRequest, provider: str) -> list[Any]:
    kind = getattr(import_module(f"anymail.webhooks.{provider}"), PROVIDERS[provider])
    # Who reports has shown our secret by now; a key with which a provider (Mailgun) signs too is asked for, and not needed.
    reader = kind(webhook_secret=settings.MAIL_EVENTS_SECRET, webhook_signing_key=settings.MAIL_EVENTS_SECRET)
    return list(reader.parse_events(request))


def _report(event: Any, *, now: datetime) -> BounceReport | None:
    """What an event of the provider says of an address; None for one that suppresses nothing."""
    reason = {"complained": Reason.COMPLAINED}.get(event.event_type)
    said = str(event.mta_response or event.description or "")
    is_bounce = event.event_type in {"bounced", "rejected"} and event.reject_reason in FOR_GOOD
    if is_bounce and not MAY_PASS.search(f"{event.esp_event} {said}"):
        reason = Reason.BOUNCED
    if reason is None or not isinstance(event.recipient, str):
        return None
    return BounceReport(event.recipient, reason, said, event.timestamp or now)
