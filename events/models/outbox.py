"""The outbox: one row per mail. The database is the queue of record; Celery only wakes up the delivery (events/mail/outbox.py)."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models.constraints import once


class Message(models.Model):
    FORUM = "forum"

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        PERHAPS = "perhaps", _("Perhaps delivered")  # handed over whole, and no answer came: repeated once at the most
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.DRAFT: {State.QUEUED, State.CANCELLED},
        State.QUEUED: {State.SENDING, State.CANCELLED},
        State.SENDING: {State.SENT, State.QUEUED, State.FAILED, State.PERHAPS, State.CANCELLED},
        State.PERHAPS: {State.SENDING, State.SENT, State.QUEUED, State.FAILED, State.CANCELLED},
        State.FAILED: {State.QUEUED, State.CANCELLED},
        State.SENT: set(),
        State.CANCELLED: set(),
    }

    class Reason(models.TextChoices):
        """Why a mail was not taken; what a mail server says with numbers (events/mail/refusals.py)."""

        NO_MAILBOX = "no-mailbox", _("There is no such mailbox")
        NO_DOMAIN = "no-domain", _("The domain is not known or takes no mail")
        BAD_ADDRESS = "bad-address", _("The address is written wrongly")
        CLOSED = "closed", _("The mailbox is closed")
        FULL = "full", _("The mailbox is full")
        TOO_LARGE = "too-large", _("The mail is too large")
        GREYLISTED = "greylisted", _("The server wants us to come again later")
        UNWANTED = "unwanted", _("Refused by a rule of the server (spam, unknown sender)")
        SENDER = "sender", _("Our sender is not proven (SPF, DKIM, DMARC)")
        LOG_IN = "log-in", _("The mail server does not accept our log-in")
        BUSY = "busy", _("The mail server is busy or out of order")
        UNREACHED = "unreached", _("The mail server is not reached")
        BROKEN_OFF = "broken-off", _("The mail server broke off before it had the mail")
        UNANSWERED = "unanswered", _("The mail server had the mail and did not answer")
        LATER = "later", _("Refused for now")
        REFUSED = "refused", _("Refused")
        NOT_BUILT = "not-built", _("The mail cannot be put together")
        CRASHED = "crashed", _("The program that sends mails broke down over it three times")
        RESTORED = "restored", _("It may have been sent before the site was restored")

    class Queue(models.TextChoices):
        ACCOUNT = "account", _("Account (at once)")
        BULK = "bulk", _("Bulk")

    kind = models.CharField(
        _("kind"), max_length=40, help_text=_("What the mail is about, such as reminder or notice.")
    )
    dedupe_key = models.CharField(_("key"), max_length=200, unique=True)
    about = models.PositiveBigIntegerField(  # the kind says of which table: a proposal, a booking, a ballot, …
        _("about"), null=True, blank=True, help_text=_("The row of which a mail of this kind speaks.")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("account"), null=True, blank=True, related_name="+"
    )
    to = models.EmailField(_("to"))
    language = models.CharField(_("language"), max_length=10, default="en")
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    calendar = models.TextField(_("calendar file"), blank=True)
    unsubscribe_url = models.URLField(_("unsubscribe address"), max_length=500, blank=True)
    is_secret = models.BooleanField(
        _("secret"), default=False, help_text=_("Never shown here, wiped once sent (log-in codes, receipts).")
    )
    queue = models.CharField(_("queue"), max_length=10, choices=Queue, default=Queue.BULK)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    due = models.DateTimeField(_("due"), help_text=_("Not sent before this moment."))
    expires = models.DateTimeField(
        _("expires"), null=True, blank=True, help_text=_("Cancelled instead of sent from this moment on.")
    )
    leased_until = models.DateTimeField(_("being sent until"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True, default="", db_default="")
    doubts = models.SmallIntegerField(  # 1: perhaps delivered, and still repeated once; 2: it stays in doubt
        _("perhaps delivered"), default=0, db_default=0, help_text=_("How many tries may have delivered it unanswered.")
    )
    crashes = models.SmallIntegerField(
        _("crashes"), default=0, db_default=0, help_text=_("How many workers ended while they had it.")
    )
    created = models.DateTimeField(_("created"), auto_now_add=True)
    sent = models.DateTimeField(_("sent"), null=True, blank=True)
    forum = models.ForeignKey(
        "events.Forum", models.CASCADE, verbose_name=_("forum"), null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-created", "-pk"]
        verbose_name = _("mail")
        verbose_name_plural = _("outbox")
        indexes = [
            models.Index(fields=["queue", "due"], name="message_waiting", condition=Q(state="queued")),
            models.Index(fields=["leased_until"], name="message_leased", condition=Q(state="sending")),
            models.Index(fields=["queue", "due"], name="message_repeated", condition=Q(state="perhaps", doubts__lt=2)),
            models.Index(
                fields=["expires"],
                name="message_expiring",
                condition=Q(state__in=["draft", "queued", "sending", "perhaps", "failed"], expires__isnull=False),
            ),
            models.Index(fields=["state", "-created"], name="message_by_state"),
            models.Index(fields=["-created", "-id"], name="message_newest"),
            models.Index(fields=["kind", "-created"], name="message_by_kind"),
            models.Index(fields=["to"], name="message_by_address", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["id"], name="message_with_error", condition=~Q(last_error="")),
            models.Index(fields=["about", "kind"], name="message_about", condition=Q(about__isnull=False)),
            models.Index(
                fields=["to", "due"],
                name="message_asking",  # events.proposals.speakers.invitation_limits
                condition=Q(kind__in=["speaker-invited", "proposal-editor"]),
            ),
        ]

    # Of the worker that has it (events.mail.leases): the lease that it has asked for without an answer, and when it took it.
    asked_until: datetime | None = None
    taken: datetime | None = None
    # What the QR code in its HTML says: made for sending, and never stored (events.hooks.qr_code).
    qr_code: str = ""

    def __str__(self) -> str:
        return self.subject


class DomainPace(models.Model):
    """From when on the next mail may go to a receiving domain that has a limit (events/mail/domain_limits.py)."""

    domain = models.CharField(_("domain"), max_length=255, primary_key=True)
    free_from = models.DateTimeField(_("free from"))

    def __str__(self) -> str:
        return self.domain


class RefusedMail(models.Model):
    """That a person does not want the mails of a kind (events.mail.refused_kinds)."""

    user = models.ForeignKey(  # refused_mail_once begins with it
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="refused_mails", db_index=False
    )
    kind = models.CharField(max_length=40)  # the key of a `hooks.MailKind`

    class Meta:
        constraints = [once("refused_mail_once", "user", "kind")]

    def __str__(self) -> str:
        return self.kind
