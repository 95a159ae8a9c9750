"""The kinds in which people take part in a forum: delegates, remote participants, media, speakers, staff."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models import Forum, SessionType, columns
from events.models.columns import LineField
from events.models.constraints import once


class ModeOfAttendance(models.TextChoices):
    """Where a person takes part."""

    REMOTE = "remote", _("Online")
    ON_SITE = "on_site", _("On site")


class Approver(models.TextChoices):
    """Who decides on a registration of a kind."""

    NONE = "none", _("Nobody: who registers takes part")
    SECRETARIAT = "secretariat", _("The secretariat")
    FOCAL_POINT = "focal_point", _("The organisation’s focal point, then the secretariat")


class Colour(models.TextChoices):
    """The colour on the badge; the word of the kind always stands beside it."""

    BLUE = "blue", _("Blue")
    GREEN = "green", _("Green")
    ORANGE = "orange", _("Orange")
    RED = "red", _("Red")
    PURPLE = "purple", _("Purple")
    GREY = "grey", _("Grey")


class Kind(models.Model):
    """A kind of registration of a forum. A forum without kinds asks for none, and everybody takes part as they say."""

    FORUM = "forum"

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="kinds")
    slug = models.SlugField(_("short name"), max_length=30, help_text=_("For lists and files, such as delegate."))
    name = LineField(_("name"), max_length=80)
    translations = columns.translations()
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    colour = models.CharField(_("colour of the badge"), max_length=10, choices=Colour, default=Colour.BLUE)
    mode = models.CharField(
        _("attendance"), max_length=10, choices=ModeOfAttendance, blank=True, help_text=_("Empty: people choose.")
    )
    opens = models.DateTimeField(
        _("opens"), null=True, blank=True, help_text=_("Empty: when registration for the forum opens.")
    )
    closes = models.DateTimeField(
        _("closes"), null=True, blank=True, help_text=_("Empty: when registration for the forum closes.")
    )
    capacity = models.PositiveIntegerField(
        _("places"), null=True, blank=True, help_text=_("Of people who take part. Empty: no limit.")
    )
    per_organisation = models.PositiveIntegerField(
        _("places for each organisation"), null=True, blank=True, help_text=_("Empty: no limit.")
    )
    offer_minutes = models.PositiveIntegerField(
        _("a free place is kept, minutes"),
        default=0,
        db_default=0,
        help_text=_(
            "For the first on the waiting list, who has to take it. Then the next one gets it. 0: they have it at once."
        ),
    )
    approval = models.CharField(_("who approves"), max_length=20, choices=Approver, default=Approver.NONE)
    needs_letter = models.BooleanField(_("asks for a letter or note verbale"), default=False)
    needs_photograph = models.BooleanField(_("asks for a photograph"), default=False)
    is_invited = models.BooleanField(_("by invitation only"), default=False)
    session_types = models.ManyToManyField(
        SessionType,
        verbose_name=_("sessions that it may book"),
        blank=True,
        related_name="+",
        help_text=_("By type. None chosen: all."),
    )

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("kind of registration")
        verbose_name_plural = _("kinds of registration")
        constraints = [
            once("kind_slug_once", "forum", "slug", message=_("There is a kind of this short name already.")),
            models.CheckConstraint(
                condition=Q(opens=None) | Q(closes=None) | Q(closes__gt=F("opens")),
                name="kind_closes_after_opening",
                violation_error_message=_("Registration closes before it opens."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse (`outside-window`) dates outside those in which people register for the forum at all."""
        if self.forum_id is None:
            return
        for name in ("opens", "closes"):
            moment = getattr(self, name)
            if moment and not self.forum.registration_opens <= moment <= self.forum.registration_closes:
                words = _("Registration for the forum is not open then. Change the forum’s dates first")
                raise ValidationError({name: ValidationError(words, code="outside-window")})

    def is_open(self, now: datetime) -> bool:
        """Whether people may register in this kind at a moment; half-open. Needs the forum."""
        return (self.opens or self.forum.registration_opens) <= now < self.last_moment

    @property
    def last_moment(self) -> datetime:
        """When registration in this kind closes: from then on its waiting list does not move by itself. Needs the forum."""
        return self.closes or self.forum.registration_closes
