"""From when to when somebody was in a session, or behind a door of the building."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models import Session
from events.models.columns import LineField, account
from events.models.constraints import one_of_two
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
