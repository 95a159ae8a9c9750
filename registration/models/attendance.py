"""Who entered which session."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models import Country, Organisation, Session
from events.models.constraints import once
from events.models.reference import Gender, Region, StakeholderType
from registration.models.registration import Registration


class Source(models.TextChoices):
    """What tells that somebody was there."""

    JOIN = "join", _("Join link")
    CHECK_IN = "check_in", _("Scan")
    ROOM_CODE = "room_code", _("Room code")  # of a screen, as long as there were such (decision 0061)
    PAGE = "page", _("Session page")
    REPORT = "report", _("Meeting report")
    HAND = "hand", _("By hand")
    SAMPLE = "sample", _("Sample data")


class Attendance(models.Model):
    """A registered person was in a session, as their stays say (registration.sessions.attendance.stays writes it from them). The
    demographics are copied with the first stay and never change."""

    FORUM = "session__forum"

    Source = Source

    registration = models.ForeignKey(  # attendance_once begins with it
        Registration, models.PROTECT, verbose_name=_("registration"), related_name="attendances", db_index=False
    )
    session = models.ForeignKey(  # attendance_by_session begins with it
        Session, models.PROTECT, verbose_name=_("session"), related_name="attendances", db_index=False
    )
    first_seen = models.DateTimeField(_("first seen"))
    last_seen = models.DateTimeField(_("last seen"))
    entries = models.PositiveIntegerField(_("entries"), default=1)
    source = models.CharField(_("source"), max_length=10, choices=Source)
    country = models.ForeignKey(Country, models.PROTECT, verbose_name=_("country"), related_name="+")
    region = models.CharField(_("region"), max_length=20, choices=Region)
    stakeholder_type = models.CharField(_("stakeholder type"), max_length=30, choices=StakeholderType)
    gender = models.CharField(_("gender"), max_length=12, choices=Gender)
    organisation = models.ForeignKey(  # counted for a whole forum at once, which no index makes quicker
        Organisation,
        models.PROTECT,
        verbose_name=_("organisation"),
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )

    class Meta:
        ordering = ["-first_seen", "-pk"]
        verbose_name = _("attendance")
        verbose_name_plural = _("attendances")
        indexes = [
            models.Index(fields=["session", "first_seen"], name="attendance_by_session"),
            models.Index(fields=["-first_seen", "-id"], name="attendance_newest"),
        ]
        constraints = [
            once("attendance_once", "registration", "session", message=_("This attendance is recorded already.")),
            models.CheckConstraint(condition=Q(last_seen__gte=F("first_seen")), name="attendance_seen_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.registration} · {self.session}"

    @classmethod
    def entry(cls, registration: Registration, *, session: Session, at: datetime, source: str) -> "Attendance":
        """The first entry of a person, not saved, with the demographics of this moment."""
        return cls(
            registration=registration,
            session=session,
            first_seen=at,
            last_seen=at,
            source=source,
            country=registration.country,
            region=registration.country.region,
            stakeholder_type=registration.stakeholder_type,
            gender=registration.gender,
            organisation_id=registration.affiliation_id,
        )
