"""The outbox: one row per mail. The database is the queue of record; Celery only wakes up the sender (events/shared/mail/outbox.py)."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxLengthValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models.columns import LineField, account
from events.models.constraints import once


class Message(models.Model):
    FORUM = "forum"

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        PERHAPS = "perhaps", _("Perhaps delivered")  # of the version before, while this one takes over
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.DRAFT: {State.QUEUED, State.CANCELLED},
        State.QUEUED: {State.SENDING, State.CANCELLED},
        State.SENDING: {State.SENT, State.QUEUED, State.FAILED, State.CANCELLED},
        State.PERHAPS: {State.QUEUED, State.CANCELLED},
        State.FAILED: {State.QUEUED, State.CANCELLED},
        State.SENT: set(),
        State.CANCELLED: set(),
    }

    class Reason(models.TextChoices):
        """Why a mail was not taken, what a mail server says with numbers (events/shared/mail/refusals.py), or why it does not go any more."""

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
        BROKEN_OFF = "broken-off", _("The mail server broke off: perhaps it has the mail")
        UNANSWERED = "unanswered", _("The mail server had the mail and did not answer")
        LATER = "later", _("Refused for now")
        REFUSED = "refused", _("Refused")
        NOT_BUILT = "not-built", _("The mail cannot be put together")
        CRASHED = "crashed", _("The program that sends mails broke down over it each time")
        RESTORED = "restored", _("It may have been sent before the site was restored")
        SUPPRESSED = "suppressed", _("The address is suppressed: it took no mail before, or its owner complained")
        REFUSES = "refuses", _("The person refused mails of this kind")
        ERASED = "erased", _("The account is closed or erased")
        LEFT = "left", _("The person withdrew, or is in none of the chosen groups any more")
        OUTDATED = "outdated", _("What it speaks of is over, or has changed")

    class Queue(models.TextChoices):
        ACCOUNT = "account", _("Account (at once)")
        BULK = "bulk", _("Bulk")

    kind = models.CharField(
        _("kind"), max_length=40, help_text=_("What the mail is about, such as reminder or notice.")
    )
    dedupe_key = models.CharField(_("key"), max_length=200, unique=True)
    about = models.PositiveBigIntegerField(  # the kind says of which table: a proposal, a booking, a ballot, …
        _("about"), null=True, blank=True, help_text=_("The record that a mail of this kind is about.")
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
    created = models.DateTimeField(_("created"), auto_now_add=True)
    sent = models.DateTimeField(_("sent"), null=True, blank=True)
    forum = models.ForeignKey(  # message_of_forum begins with it
        "events.Forum", models.CASCADE, verbose_name=_("forum"), null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["-created", "-pk"]
        verbose_name = _("mail")
        verbose_name_plural = _("outbox")
        indexes = [
            models.Index(fields=["queue", "due"], name="message_waiting", condition=Q(state="queued")),
            models.Index(fields=["leased_until"], name="message_leased", condition=Q(state="sending")),
            models.Index(
                fields=["expires"],
                name="message_expiring",
                condition=Q(state__in=["draft", "queued", "sending", "perhaps", "failed"], expires__isnull=False),
            ),
            models.Index(fields=["state", "-created"], name="message_by_state"),
            models.Index(fields=["-created", "-id"], name="message_newest"),
            models.Index(
                fields=["forum", "-created"], name="message_of_forum"
            ),  # else SQLite reads every mail for a list
            models.Index(fields=["kind", "-created"], name="message_by_kind"),
            models.Index(fields=["to"], name="message_by_address", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["id"], name="message_with_error", condition=~Q(last_error="")),
            models.Index(fields=["about", "kind"], name="message_about", condition=Q(about__isnull=False)),
            models.Index(
                fields=["to", "due"],
                name="message_asking",  # events.shared.invitations
                condition=Q(kind__in=["speaker-invited", "proposal-editor"]),
            ),
        ]

    # What the QR code in its HTML says: made for sending, and never stored (events.shared.hooks.qr_code).
    qr_code: str = ""
    # Why it does not go any more (a `Reason`), where that was asked (events.shared.mail.outbox.unwanted).
    left_out: str = ""

    def __str__(self) -> str:
        return self.subject


class MailText(models.Model):
    """The words of an automatic mail that organisers wrote for a forum, in one language, in place of the original ones
    (events.shared.mail.texts.originals)."""

    FORUM = "forum"

    forum = models.ForeignKey(  # mail_text_once begins with it
        "events.Forum", models.CASCADE, verbose_name=_("forum"), related_name="mail_texts", db_index=False
    )
    kind = models.CharField(_("mail"), max_length=60)  # the key of an `Original`
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    subject = LineField(_("subject"), max_length=250)
    body = models.TextField(_("text"), validators=[MaxLengthValidator(10_000)])

    class Meta:
        ordering = ["forum", "kind", "language"]
        verbose_name = _("text of an automatic mail")
        verbose_name_plural = _("texts of automatic mails")
        default_permissions = ("view", "change")
        constraints = [once("mail_text_once", "forum", "kind", "language")]

    def __str__(self) -> str:
        return self.subject


class SuppressedAddress(models.Model):
    """An address to which no mail goes but account mails, until organisers free it: its server said for good that it takes none, or
    its owner complained (events.shared.mail.bounces)."""

    FORUM = None

    class Reason(models.TextChoices):
        BOUNCED = "bounced", _("The address takes no mail")
        COMPLAINED = "complained", _("Its owner called a mail unwanted")

    address = models.EmailField(_("address"), unique=True)  # in small letters
    reason = models.CharField(_("reason"), max_length=12, choices=Reason)
    since = models.DateTimeField(_("since"))
    said = models.CharField(_("what was said"), max_length=500, blank=True)
    freed = models.DateTimeField(
        _("freed"), null=True, blank=True
    )  # by organisers: what was reported before counts no more

    class Meta:
        ordering = ["-since", "-pk"]
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        default_permissions = ("view", "free")

    def __str__(self) -> str:
        return self.address


class RefusedMail(models.Model):
    """That a person does not want the mails of a kind (events.shared.mail.refused_kinds)."""

    user = models.ForeignKey(  # refused_mail_once begins with it
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="refused_mails", db_index=False
    )
    kind = models.CharField(max_length=40)  # the key of a `hooks.MailKind`

    class Meta:
        verbose_name = _("refused kind of mails")
        verbose_name_plural = _("refused kinds of mails")
        constraints = [once("refused_mail_once", "user", "kind")]

    def __str__(self) -> str:
        return self.kind


# --- what organisers write to people whom they choose ---------------------------------------------
class Mailing(models.Model):
    """What organisers write to people of a forum: to which groups, in which words, from when on. Each mail of it is a row of
    the outbox (events.mailings)."""

    FORUM = "forum"

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SENDING = "sending", _("Under way")
        PAUSED = "paused", _("Paused")
        SENT = "sent", _("Sent")
        STOPPED = "stopped", _("Stopped")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.DRAFT: {State.SENDING, State.PAUSED},
        State.SENDING: {State.PAUSED, State.STOPPED, State.SENT},
        State.PAUSED: {State.SENDING, State.STOPPED},
        State.SENT: set(),
        State.STOPPED: set(),
    }

    class Kind(models.TextChoices):
        """What the outbox calls its mails. People may refuse each (events.shared.mail.refused_kinds)."""

        NEWS = "mailing-news", _("News of the forum")
        OWN = "mailing-own", _("About what they take part in")

    forum = models.ForeignKey("events.Forum", models.CASCADE, verbose_name=_("forum"), related_name="mailings")
    kind = models.CharField(_("what it is"), max_length=20, choices=Kind, default=Kind.NEWS)
    groups = models.JSONField(_("groups"), default=list, blank=True)  # key, options and is_excluded of each
    texts = models.JSONField(_("texts"), default=dict, blank=True)  # language code → subject, text
    starts = models.DateTimeField(_("not before"), null=True, blank=True)
    per_minute = models.PositiveIntegerField(
        _("mails a minute at most"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    # Of what was sent: nobody sends the same words to the same groups twice.
    key = models.CharField(max_length=64, blank=True, default="", editable=False)
    people = models.PositiveIntegerField(_("people"), default=0, editable=False)
    left_out = models.JSONField(_("left out"), default=dict, editable=False)  # reason → how many
    author = account(_("written by"))
    created = models.DateTimeField(_("begun"))
    updated = models.DateTimeField(_("saved"))
    written = models.DateTimeField(null=True, editable=False)  # all its mails stand in the outbox
    paused = models.DateTimeField(_("paused"), null=True, editable=False)
    ended = models.DateTimeField(_("ended"), null=True, editable=False)

    class Meta:
        ordering = ["-created", "-pk"]
        verbose_name = _("message to people")
        verbose_name_plural = _("messages to people")
        constraints = [once("mailing_sent_once", "key", condition=~Q(key=""))]

    def __str__(self) -> str:
        return next(
            (text["subject"] for text in self.texts.values() if text.get("subject")), str(_("Draft without a title"))
        )


class MailingReceiver(models.Model):
    """Who gets a mailing, as it was when it was sent: until the mails stand in the outbox."""

    FORUM = "mailing__forum"

    mailing = models.ForeignKey(  # mailing_receiver_once begins with it
        Mailing, models.CASCADE, related_name="receivers", db_index=False
    )
    number = models.PositiveIntegerField()  # the place in the row, from 0
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    address = models.EmailField(_("to"))
    name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=10)
    group = models.PositiveSmallIntegerField()  # the place in `Mailing.groups`
    title = models.TextField(blank=True)  # of the person's own proposal, project, …

    class Meta:
        verbose_name = _("receiver of a message")
        verbose_name_plural = _("receivers of messages")
        constraints = [once("mailing_receiver_once", "mailing", "address")]

    def __str__(self) -> str:
        return self.name or self.address
