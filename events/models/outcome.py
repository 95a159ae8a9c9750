"""What stays of a session: its documents, what came out of it, what its hosts report, and what becomes of commitments. And what the
secretariat announces."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.models import columns
from events.models.columns import LineField, UploadColumn
from events.models.constraints import once
from events.models.forum import Forum
from events.models.programme import DESCRIPTION_LIMIT, Language, Session
from events.models.reference import SDG, ActionLine, Organisation, Theme
from events.models.uploads import RandomName, validate_document

REPORT_LIMIT = 2000  # characters
NEWS_LIMIT = 20_000


class Document(models.Model):
    FORUM = "session__forum"

    session = models.ForeignKey(Session, models.CASCADE, verbose_name=_("session"), related_name="documents")
    title = LineField(_("title"), max_length=150)
    file = UploadColumn(
        _("file"),
        upload_to=RandomName("documents"),
        validators=[validate_document],
        help_text=_("PDF, PNG or JPEG, 10 MB at most."),
    )
    added = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("document")
        verbose_name_plural = _("documents")

    def __str__(self) -> str:
        return self.title


class OutcomeQuerySet(models.QuerySet["Outcome"]):
    def public(self, now: datetime | None = None) -> "OutcomeQuerySet":
        """What the public may see: published, of a public forum, and not of a session under embargo, of which it would
        tell. Like `Session.objects.public` it reads the clock itself where nobody gives a moment."""
        moment = now or timezone.now()
        is_free = Q(session__isnull=True) | Q(session__embargoed_until__isnull=True)
        return self.filter(is_free | Q(session__embargoed_until__lte=moment), is_public=True, forum__is_public=True)

    def whole(self) -> "OutcomeQuerySet":
        """With its forum, organisations, themes, goals, and the commitment with what the public reads of it. Five queries."""
        reports = models.Prefetch("commitment__reports", CommitmentReport.objects.public(), to_attr="public_reports")
        rows = self.select_related("forum", "commitment__organisation")
        return rows.prefetch_related("organisations", "themes", "sdgs", reports)


class Outcome(models.Model):
    FORUM = "forum"

    class Kind(models.TextChoices):
        ANNOUNCEMENT = "announcement", _("Announcement")
        LAUNCH = "launch", _("Launch")
        AGREEMENT = "agreement", _("Agreement")
        COMMITMENT = "commitment", _("Commitment")
        PUBLICATION = "publication", _("Publication")

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="outcomes")
    session = models.ForeignKey(
        Session, models.SET_NULL, verbose_name=_("session"), null=True, blank=True, related_name="outcomes"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    title = LineField(_("title"), max_length=250)
    text = models.TextField(
        _("text"), blank=True, validators=[MaxLengthValidator(DESCRIPTION_LIMIT)], help_text=_("Markdown.")
    )
    organisations = models.ManyToManyField(
        Organisation, verbose_name=_("organisations"), blank=True, related_name="outcomes"
    )
    action_lines = models.ManyToManyField(
        ActionLine, verbose_name=_("Action Lines"), blank=True, related_name="outcomes"
    )
    sdgs = models.ManyToManyField(SDG, verbose_name=_("SDGs"), blank=True, related_name="outcomes")
    themes = models.ManyToManyField(Theme, verbose_name=_("themes"), blank=True, related_name="outcomes")
    date = models.DateField(
        _("date"),
        null=True,
        blank=True,
        help_text=_("The day on which it was announced, launched, agreed or published."),
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_public = columns.public(default=True)
    comes_with_report = models.BooleanField(
        _("published with the report of its session"),
        default=False,
        db_default=False,
        help_text=_("It is hidden until organisers approve the report. Untick it to keep it hidden then, too."),
    )

    objects = OutcomeQuerySet.as_manager()

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")

    def __str__(self) -> str:
        return self.title


class SessionReport(models.Model):
    """What the hosts of a session say of it afterwards. The public reads it once an organiser has approved it."""

    FORUM = "session__forum"

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft of the hosts")
        SUBMITTED = "submitted", _("Waits for approval")
        APPROVED = "approved", _("Published")

    session = models.OneToOneField(Session, models.CASCADE, verbose_name=_("session"), related_name="report")
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.DRAFT)
    key_issues = models.TextField(
        _("key issues"), blank=True, validators=[MaxLengthValidator(DESCRIPTION_LIMIT)], help_text=_("Markdown.")
    )
    quotes = models.TextField(
        _("quotes"), blank=True, validators=[MaxLengthValidator(DESCRIPTION_LIMIT)], help_text=_("Markdown.")
    )
    way_forward = models.TextField(
        _("way forward"), blank=True, validators=[MaxLengthValidator(DESCRIPTION_LIMIT)], help_text=_("Markdown.")
    )
    answers = models.JSONField(_("outcomes of the draft"), default=dict, blank=True, editable=False)
    revision = models.PositiveIntegerField(default=0, editable=False)
    updated = models.DateTimeField(_("updated"), null=True, editable=False)
    submitted = models.DateTimeField(_("submitted"), null=True, editable=False)

    class Meta:
        ordering = ["-submitted", "pk"]
        verbose_name = _("session report")
        verbose_name_plural = _("session reports")

    def __str__(self) -> str:
        return str(self.session)


def has_reported(session: str) -> Q:
    """The condition that the hosts of a session have submitted a report, or an outcome of it is there. `session`: the path to
    the session's key."""
    reports = SessionReport.objects.exclude(state=SessionReport.State.DRAFT)
    return Q(Exists(reports.filter(session=OuterRef(session)))) | Q(
        Exists(Outcome.objects.filter(session=OuterRef(session)))
    )


def public_report(session: Session) -> SessionReport | None:
    """What the hosts of a session say of it, where organisers have approved that. The session comes with its report fetched."""
    report: SessionReport | None = getattr(session, "report", None)
    return report if report and report.state == SessionReport.State.APPROVED else None


# --- commitments that are followed up --------------------------------------------------------------
class Commitment(models.Model):
    """What makes an outcome a commitment that is followed up. It is its organisation's; the account of an owner may go."""

    FORUM = "outcome__forum"
    KINDS = (Outcome.Kind.COMMITMENT, Outcome.Kind.AGREEMENT, Outcome.Kind.LAUNCH)

    outcome = models.OneToOneField(Outcome, models.CASCADE, verbose_name=_("outcome"), related_name="commitment")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("organisation"), related_name="commitments"
    )
    owner = columns.account(
        _("owner"), null=True, blank=True, help_text=_("This account reports on it, and is asked once a year.")
    )
    target = LineField(_("target"), max_length=250, blank=True, help_text=_("What will be there when it is kept."))
    indicator = LineField(_("indicator"), max_length=250, blank=True, help_text=_("How one sees that it is kept."))
    due = models.DateField(pgettext_lazy("of a commitment", "due"), null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")

    def __str__(self) -> str:
        return str(self.outcome)

    @property
    def latest(self) -> "CommitmentReport | None":
        """The last report that the public reads. Comes with its `public_reports` (`CommitmentReport.objects.public`)."""
        found: list[CommitmentReport] = self.public_reports  # type: ignore[attr-defined]
        return next(iter(found), None)

    def clean(self) -> None:
        if self.outcome_id and self.outcome.kind not in self.KINDS:
            words = _("Only a commitment, an agreement or a launch is followed up")
            raise ValidationError({"outcome": ValidationError(words, code="wrong-kind")})


class CommitmentReportQuerySet(models.QuerySet["CommitmentReport"]):
    def public(self) -> "CommitmentReportQuerySet":
        """Those that the public reads, the latest first; for `Commitment.public_reports`."""
        return self.filter(confirmed__isnull=False).order_by("-reported", "-pk")


class CommitmentReport(models.Model):
    """What the owner of a commitment said of it. The public reads it once an organiser has confirmed it."""

    FORUM = "commitment__outcome__forum"

    class State(models.TextChoices):
        ON_THE_WAY = "on-the-way", _("On the way")
        KEPT = "kept", pgettext_lazy("of a commitment", "Kept")
        CHANGED = "changed", _("Changed")
        NOT_KEPT = "not-kept", _("Not kept")

    FINAL = (State.KEPT, State.NOT_KEPT)

    commitment = models.ForeignKey(Commitment, models.CASCADE, verbose_name=_("commitment"), related_name="reports")
    state = models.CharField(_("state"), max_length=20, choices=State)
    text = models.TextField(_("text"), blank=True, validators=[MaxLengthValidator(REPORT_LIMIT)])
    proof = models.URLField(_("proof"), max_length=300, blank=True)
    reported = models.DateTimeField(_("reported"))
    by = columns.account(_("reported by"), null=True, blank=True)
    confirmed = models.DateTimeField(_("confirmed"), null=True, blank=True)
    sent_back = models.TextField(  # to its owner; empty while it waits for organisers
        _("why it was sent back"), blank=True, default="", db_default="", validators=[MaxLengthValidator(REPORT_LIMIT)]
    )

    objects = CommitmentReportQuerySet.as_manager()

    class Meta:
        ordering = ["-reported", "-pk"]
        verbose_name = _("report on a commitment")
        verbose_name_plural = _("reports on commitments")
        constraints = [
            once("one_report_waits", "commitment", message=_("One report waits already"), condition=Q(confirmed=None))
        ]

    def __str__(self) -> str:
        return str(self.commitment)


# --- what the secretariat announces ----------------------------------------------------------------
class NewsQuerySet(models.QuerySet["News"]):
    def public(self, now: datetime | None = None) -> "NewsQuerySet":
        """What the public may see: published, of a public forum, and not of a date to come. Like `Session.objects.public` it reads
        the clock itself where nobody gives a moment."""
        return self.filter(is_public=True, forum__is_public=True, date__lte=now or timezone.now())

    def banners(self, now: datetime) -> "NewsQuerySet":
        """The public ones whose titles stand over every page of their forum at a moment."""
        return self.public(now).filter(banner_until__gt=now)


class News(models.Model):
    """What the secretariat announces, in the language that it was written in; other languages are optional (events.news)."""

    FORUM = "forum"

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="news")
    title = LineField(_("title"), max_length=150)
    text = models.TextField(_("text"), validators=[MaxLengthValidator(NEWS_LIMIT)], help_text=_("Markdown."))
    language = models.CharField(
        _("language"),
        max_length=3,
        choices=[choice for choice in Language.choices if choice[0] != Language.IS],
        default=Language.EN,
        help_text=_("In which the first title and text are written."),
    )
    translations = columns.translations()
    picture = columns.picture(_("picture"), folder="news")
    picture_shows = LineField(
        _("what the picture shows"), max_length=250, blank=True, help_text=_("Read to people who do not see it.")
    )
    date = models.DateTimeField(
        _("date"), default=timezone.now, help_text=_("Nobody outside sees it before. Empty: from now on.")
    )
    is_pinned = models.BooleanField(
        _("pinned"), default=False, help_text=_("It stays above the others on the forum’s home page.")
    )
    banner_until = models.DateTimeField(
        _("banner until"),
        null=True,
        blank=True,
        help_text=_("Until then its title stands over every page of the forum. Empty: not at all."),
    )
    is_public = columns.public()

    objects = NewsQuerySet.as_manager()

    class Meta:
        ordering = ["-date", "-pk"]
        verbose_name = _("piece of news")
        verbose_name_plural = _("news")

    def __str__(self) -> str:
        return self.title
