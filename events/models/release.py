"""The draft of the timetable, its releases, and what the public sees: its revision, and its PDF files.

`Session.starts`, `ends`, `room` and `state` are what was released: the public pages, the calendars and the mails read
them. What organisers move about stands in the session's `Placement` until a release takes it over (events.schedule.releases.releases).
"""

from datetime import datetime, timedelta
from typing import ClassVar, NamedTuple

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models.columns import Job, account
from events.models.constraints import ends_after_start, once, times_of_session
from events.models.forum import Forum
from events.models.programme import Session, Speaker
from events.models.reference import Room


class Spot(NamedTuple):
    """A place in the draft: times in UTC, the key of a room, a state of `Placement`."""

    starts: datetime | None
    ends: datetime | None
    room: int | None
    state: str


class Placement(models.Model):
    """Where the draft has a session: every session has one, made with it (`moves.place_new`). `version` rises with every move, so that two who move it at once notice each other. `minutes`: how long it was when it left the timetable."""

    FORUM = "session__forum"

    class State(models.TextChoices):
        UNSCHEDULED = "unscheduled", _("Not scheduled")
        SCHEDULED = "scheduled", _("Scheduled")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.UNSCHEDULED: {State.SCHEDULED, State.CANCELLED},
        State.SCHEDULED: {State.UNSCHEDULED, State.CANCELLED},
        State.CANCELLED: {State.SCHEDULED, State.UNSCHEDULED},
    }

    session = models.OneToOneField(Session, models.CASCADE, verbose_name=_("session"), related_name="placement")
    starts = models.DateTimeField(_("starts"), null=True, blank=True)
    ends = models.DateTimeField(_("ends"), null=True, blank=True)
    room = models.ForeignKey(
        Room, models.PROTECT, verbose_name=_("room"), null=True, blank=True, related_name="placements"
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.UNSCHEDULED)
    minutes = models.PositiveIntegerField(_("minutes"), null=True, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    moved = models.DateTimeField(_("moved"))
    moved_by = account(_("moved by"), null=True, blank=True)
    act: int | None = (
        None  # not stored: the entry of what the verb that returned it did; None where that changed nothing
    )

    class Meta:
        ordering = ["starts", "pk"]
        verbose_name = _("place in the draft")
        verbose_name_plural = _("places in the draft")
        constraints = times_of_session("placement")

    def __str__(self) -> str:
        return str(self.session)

    @property
    def spot(self) -> Spot:
        return Spot(self.starts, self.ends, self.room_id, self.state)


class Release(models.Model):
    """One released version of a forum's timetable: what changed against the one before, and all of it, to be read later."""

    FORUM = "forum"

    forum = models.ForeignKey(Forum, models.PROTECT, verbose_name=_("forum"), related_name="releases")
    number = models.PositiveIntegerField(_("number"))
    note = models.TextField(_("note"), blank=True, validators=[MaxLengthValidator(4000)])
    released = models.DateTimeField(_("released"))
    by = account(_("by"), null=True, blank=True)
    changes = models.JSONField(
        _("changes"), default=list
    )  # events.schedule.releases.diff: kind, session's code, before, after
    timetable = models.JSONField(
        _("timetable"), default=list
    )  # events.schedule.releases.diff: every session as it was released
    told = models.DateTimeField(_("attendees told"), null=True, blank=True, editable=False)

    class Meta:
        ordering = ["forum", "-number"]
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        default_permissions = ("view", "add")
        constraints = [once("release_number_once", "forum", "number")]

    def __str__(self) -> str:
        return f"{self.forum} · {self.number}"


class Availability(models.Model):
    """When a speaker can come; a speaker without rows can always."""

    FORUM = "speaker__forum"

    speaker = models.ForeignKey(Speaker, models.CASCADE, verbose_name=_("speaker"), related_name="availabilities")
    starts = models.DateTimeField(_("from"))
    ends = models.DateTimeField(_("until"))

    class Meta:
        ordering = ["starts"]
        verbose_name = _("time of a speaker")
        verbose_name_plural = _("times of speakers")
        constraints = [ends_after_start("availability_ends_after_start")]

    def __str__(self) -> str:
        return str(self.speaker)


class Wish(models.Model):
    """When the organisers of a session want it, or do not."""

    FORUM = "session__forum"

    session = models.ForeignKey(Session, models.CASCADE, verbose_name=_("session"), related_name="wishes")
    starts = models.DateTimeField(_("from"))
    ends = models.DateTimeField(_("until"))
    is_wanted = models.BooleanField(_("wanted"), default=True, help_text=_("Otherwise: not at this time."))

    class Meta:
        ordering = ["starts"]
        verbose_name = _("wish for a time")
        verbose_name_plural = _("wishes for times")
        constraints = [ends_after_start("wish_ends_after_start")]

    def __str__(self) -> str:
        return str(self.session)


class PdfFile(Job):
    """A PDF that visitors ask for, by the digest of what is drawn in it; without its bytes until a worker has made it (events.shared.pdf)."""

    PAUSES = (timedelta(seconds=30), timedelta(minutes=2))
    LATE = timedelta(minutes=2)

    digest = models.CharField(max_length=64, unique=True)
    source = models.JSONField()
    file = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("PDF file")
        verbose_name_plural = _("PDF files")

    def __str__(self) -> str:
        return self.digest


class PublicRevision(models.Model):
    """One row: the counter that rises when something that the public sees has changed (events.shared.pages.revision)."""

    FORUM = None

    number = models.PositiveBigIntegerField(_("number"), default=0)

    class Meta:
        verbose_name = _("public revision")
        verbose_name_plural = _("public revisions")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="revision_one_row")]

    def __str__(self) -> str:
        return str(self.number)
