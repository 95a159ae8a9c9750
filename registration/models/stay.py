"""From when to when somebody was in a session, or behind a door of the building; reports of meetings that came without a person who
looks at them, and the passes of scripts that send such."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models import Forum, Session
from events.models.columns import LineField, account
from events.models.constraints import once, one_of_two
from registration.models.attendance import Source
from registration.models.door import Door
from registration.models.registration import Registration


class Stay(models.Model):
    """Evidence: somebody came at a moment, and left at another one where that is known. `registration` is empty for an unknown
    participant, who counts in no attendance."""

    FORUM = ("session__forum", "door__forum")

    registration = models.ForeignKey(  # stay_of_person begins with it
        Registration,
        models.PROTECT,
        verbose_name=_("registration"),
        null=True,
        blank=True,
        related_name="stays",
        db_index=False,
        help_text=_("Empty: an unknown participant."),
    )
    session = models.ForeignKey(
        Session, models.PROTECT, verbose_name=_("session"), null=True, blank=True, related_name="stays"
    )
    door = models.ForeignKey(
        Door, models.PROTECT, verbose_name=_("door"), null=True, blank=True, related_name="+"
    )  # of the building: what doors of rooms and sessions saw is a stay in a session
    began = models.DateTimeField(_("from"))
    ended = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty: not known."))
    source = models.CharField(_("source"), max_length=10, choices=Source)
    device = LineField(_("device or file"), max_length=80, blank=True)
    entered_by = account(_("entered by"), null=True, blank=True)

    class Meta:
        ordering = ["-began", "-pk"]
        verbose_name = _("stay")
        verbose_name_plural = _("stays")
        default_permissions = ("view", "add", "delete")
        indexes = [
            models.Index(fields=["registration", "session", "began"], name="stay_of_person"),
            models.Index(fields=["-began", "-id"], name="stay_newest"),
        ]
        constraints = [
            one_of_two("stay_in_session_or_building", "session", "door"),
            models.CheckConstraint(
                condition=Q(ended__isnull=True) | Q(ended__gte=F("began")),
                name="stay_ends_after_it_began",
                violation_error_message=_("The end is before the beginning."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.registration or _('Unknown participant')} · {self.session or self.door}"


class ReportPass(models.Model):
    """What lets a script send reports of the meetings of one forum, and nothing else. It ends with its last day, or when it is deleted."""

    FORUM = "forum"

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="+")
    holder = LineField(_("for what"), max_length=80, help_text=_("Which script has it, and where it runs."))
    last_day = models.DateField(_("last day"), help_text=_("On which it works, in the forum’s time zone."))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_by = account(_("made by"), editable=False)
    made = models.DateTimeField(_("made"), editable=False)

    class Meta:
        ordering = ["-made", "-pk"]
        verbose_name = _("pass for reports")
        verbose_name_plural = _("passes for reports")
        default_permissions = ("view", "add", "delete")

    def __str__(self) -> str:
        return self.holder

    def is_valid(self, now: datetime) -> bool:
        """Whether it works at a moment. Needs the forum."""
        return self.forum.today(now) <= self.last_day


class MeetingReport(models.Model):
    """What became of a report that a script sent or that lay in the watched folder. Of each session and content there is one."""

    FORUM = "forum"

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="+")
    session = models.ForeignKey(
        Session,
        models.CASCADE,
        verbose_name=_("session"),
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: the file names none of the forum."),
    )
    report_pass = models.ForeignKey(
        ReportPass,
        models.SET_NULL,
        verbose_name=_("pass"),
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: from the watched folder, or the pass is deleted."),
    )
    name = LineField(_("file"), max_length=80)
    digest = models.CharField(max_length=64, editable=False)  # SHA-256 of the file, which is not kept
    received = models.DateTimeField(_("received"))
    people = models.PositiveIntegerField(_("people"), default=0)
    named = models.PositiveIntegerField(
        _("known by name only"),
        default=0,
        help_text=_("They count without a name. Choose the file under “Report of a meeting” to decide on them."),
    )
    unknown = models.PositiveIntegerField(_("unknown"), default=0)
    written = models.PositiveIntegerField(_("stays written"), default=0)
    known = models.PositiveIntegerField(_("stays known before"), default=0)
    unread = models.PositiveIntegerField(_("rows not read"), default=0)
    refusal = models.CharField(_("refusal"), max_length=40, blank=True)
    reason = models.TextField(_("why it was refused"), blank=True)

    class Meta:
        ordering = ["-received", "-pk"]
        verbose_name = _("report received")
        verbose_name_plural = _("reports received")
        default_permissions = ("view",)
        constraints = [
            once("report_received_once", "session", "digest", message=_("This report has been received already."))
        ]

    def __str__(self) -> str:
        return self.name
