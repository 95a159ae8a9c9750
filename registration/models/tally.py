"""What is counted of attendances."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Forum, Session
from events.models.constraints import once


class Tally(models.Model):
    """One counted cell: attendances (cumulative) and people (unique) of a forum, or of one session, for one value of a dimension.

    `session` empty: the whole forum. Dimension `total` has the single value "", and `minutes`: those of all people together, of
    as many attendances as `measured` says. Dimension `source` is for organisers; an attendance counts at each of its sources.
    """

    FORUM = "forum"

    class Dimension(models.TextChoices):
        TOTAL = "total", _("Total")
        COUNTRY = "country", _("Country")
        REGION = "region", _("Region")
        STAKEHOLDER_TYPE = "stakeholder_type", _("Stakeholder type")
        GENDER = "gender", _("Gender")
        ACTION_LINE = "action_line", _("Action Line")
        SDG = "sdg", _("SDG")
        TRACK = "track", _("Track")
        WEEK = "week", _("Week")
        GROWTH = "growth", _("Growth up to a week")
        SOURCE = "source", _("Source")

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="tallies")
    session = models.ForeignKey(
        Session, models.CASCADE, verbose_name=_("session"), null=True, blank=True, related_name="tallies"
    )
    dimension = models.CharField(_("counted by"), max_length=20, choices=Dimension)
    value = models.CharField(_("group"), max_length=40, blank=True)
    attendances = models.PositiveIntegerField(_("attendances"))
    people = models.PositiveIntegerField(_("different people"))
    minutes = models.PositiveBigIntegerField(_("minutes"), null=True, blank=True)
    measured = models.PositiveIntegerField(_("attendances with known minutes"), null=True, blank=True)
    computed_at = models.DateTimeField(_("counted"))

    class Meta:
        ordering = ["dimension", "-attendances", "value"]
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        constraints = [
            once("tally_once_per_session", "session", "dimension", "value"),
            once("tally_once_per_forum", "forum", "dimension", "value", condition=Q(session__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.get_dimension_display()}: {self.attendances}"


class PublishedFigures(models.Model):
    """What the public is told of a forum's figures (`registration.sessions.attendance.publishing`): `told` has for each measure its cells, each a
    list of the dimension, the value and the number; None where only that there is somebody is told. `counted`: when numbers of
    attendances moved last. `memory`: what the next step has to know of those before.
    """

    FORUM = "forum"

    forum = models.OneToOneField(
        Forum, models.CASCADE, verbose_name=_("forum"), related_name="published_figures", primary_key=True
    )
    told = models.JSONField(_("told"), default=dict)
    memory = models.JSONField(_("memory"), default=dict)
    counted = models.DateTimeField(_("counted"), null=True)

    class Meta:
        default_permissions = ()
        verbose_name = _("published figures")
        verbose_name_plural = _("published figures")

    def __str__(self) -> str:
        return str(self.forum)
