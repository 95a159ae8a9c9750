"""The prize: its edition, its phases and its categories. Nominations, reviews and the vote come later."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models import ActionLine, Forum
from events.zones import validate_zone


class Edition(models.Model):
    forum = models.OneToOneField(Forum, models.CASCADE, verbose_name=_("forum"), related_name="prize_edition")
    name = models.CharField(_("name"), max_length=120)
    time_zone = models.CharField(
        _("time zone of the deadlines"), max_length=64, default="Europe/Zurich", validators=[validate_zone]
    )
    is_public = models.BooleanField(_("public"), default=False)

    class Meta:
        ordering = ["-forum__starts"]
        verbose_name = _("prize edition")
        verbose_name_plural = _("prize editions")

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Phase(models.Model):
    """A half-open stretch of time [starts, ends) in the order of the rules; phases of an edition do not overlap."""

    class Kind(models.TextChoices):
        SUBMISSION = "submission", _("Submission")
        REVIEW = "review", _("Expert review")
        VOTING = "voting", _("Public vote")
        SELECTION = "selection", _("Selection of winners")
        ANNOUNCEMENT = "announcement", _("Announcement")

    edition = models.ForeignKey(Edition, models.CASCADE, verbose_name=_("edition"), related_name="phases")
    kind = models.CharField(_("phase"), max_length=20, choices=Kind)
    starts = models.DateTimeField(_("starts"))
    ends = models.DateTimeField(_("ends"))

    class Meta:
        ordering = ["starts"]
        verbose_name = _("phase")
        verbose_name_plural = _("phases")
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "kind"],
                name="phase_once",
                violation_error_message=_("The edition has this phase already."),
            ),
            models.CheckConstraint(
                condition=Q(ends__gt=F("starts")),
                name="phase_ends_after_start",
                violation_error_message=_("The end is not after the start."),
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    def is_open(self, now: datetime) -> bool:
        return self.starts <= now < self.ends


def check_phase_order(phases: list[tuple[str, datetime, datetime]]) -> None:
    """Refuse (`phase-order`) phases (kind, starts, ends) that overlap or do not follow the order of the rules."""
    order = list(Phase.Kind.values)
    for (_kind, _starts, ends), (_next_kind, next_starts, _next_ends) in pairwise(
        sorted(phases, key=lambda phase: order.index(phase[0]))
    ):
        if next_starts < ends:
            raise ValidationError(_("A phase starts before the one before it has ended."), code="phase-order")


class Category(models.Model):
    edition = models.ForeignKey(Edition, models.CASCADE, verbose_name=_("edition"), related_name="categories")
    number = models.PositiveSmallIntegerField(_("number"))
    action_line = models.ForeignKey(ActionLine, models.PROTECT, verbose_name=_("Action Line"), related_name="+")
    title = models.CharField(_("title"), max_length=200)

    class Meta:
        ordering = ["number"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "number"],
                name="category_number_once",
                violation_error_message=_("The edition has a category of this number."),
            )
        ]

    def __str__(self) -> str:
        return self.title
