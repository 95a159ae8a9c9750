"""People at a forum: registration, booking, attendance, and the tallies counted from them."""

import secrets

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models import Country, Forum, Session
from events.models.programme import validate_languages
from events.models.reference import Region, StakeholderType
from events.models.time_zones import validate_zone


class Gender(models.TextChoices):
    WOMAN = "woman", _("Woman")
    MAN = "man", _("Man")
    OTHER = "other", _("Other")
    UNDISCLOSED = "undisclosed", _("Prefer not to say")


def new_token() -> str:
    """An address part that nobody can guess: 32 random bytes."""
    return secrets.token_urlsafe(32)


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def of(self, user: object) -> "RegistrationQuerySet":
        """The registrations of one signed-in person; none for a visitor."""
        return self.filter(user=user) if getattr(user, "is_authenticated", False) else self.none()

    def active(self) -> "RegistrationQuerySet":
        return self.filter(withdrawn__isnull=True)


class Registration(models.Model):
    """A person at a forum: a snapshot, so that later edits of the account do not change the forum's figures."""

    class Mode(models.TextChoices):
        REMOTE = "remote", _("Online")
        ON_SITE = "on_site", _("On site")

    forum = models.ForeignKey(Forum, models.PROTECT, verbose_name=_("forum"), related_name="registrations")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("account"), related_name="registrations"
    )
    title = models.CharField(_("form of address"), max_length=40, blank=True)
    name = models.CharField(_("name"), max_length=150)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    stakeholder_type = models.CharField(_("stakeholder type"), max_length=30, choices=StakeholderType)
    country = models.ForeignKey(Country, models.PROTECT, verbose_name=_("country"), related_name="registrations")
    gender = models.CharField(_("gender"), max_length=12, choices=Gender)
    time_zone = models.CharField(_("time zone"), max_length=64, validators=[validate_zone])
    language = models.CharField(_("language of mails"), max_length=10, choices=settings.LANGUAGES, default="en")
    languages = models.JSONField(_("languages"), default=list, blank=True, validators=[validate_languages])
    accessibility_needs = models.TextField(_("accessibility needs"), blank=True, validators=[MaxLengthValidator(1000)])
    mode = models.CharField(_("attendance"), max_length=10, choices=Mode, default=Mode.REMOTE)
    consented = models.DateTimeField(_("agreed to the privacy notice"))
    created = models.DateTimeField(_("registered"))
    updated = models.DateTimeField(_("updated"), auto_now=True)
    withdrawn = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    wants_reminders = models.BooleanField(_("reminders by mail"), default=True)
    calendar_token = models.CharField(
        _("calendar token"), max_length=64, unique=True, default=new_token, editable=False
    )
    is_sample = models.BooleanField(_("sample data"), default=False, editable=False)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        ordering = ["-created", "-pk"]
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        indexes = [models.Index(fields=["forum", "created"], name="registration_by_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["forum", "user"],
                name="registration_once",
                violation_error_message=_("You are registered for this forum already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class RegistrationDraft(models.Model):
    """What a person has entered so far; deleted when it becomes a registration."""

    forum = models.ForeignKey(Forum, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    data = models.JSONField(default=dict)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["forum", "user"], name="registration_draft_once")]

    def __str__(self) -> str:
        return f"draft {self.pk}"


class Booking(models.Model):
    registration = models.ForeignKey(
        Registration, models.CASCADE, verbose_name=_("registration"), related_name="bookings"
    )
    session = models.ForeignKey(Session, models.CASCADE, verbose_name=_("session"), related_name="bookings")
    created = models.DateTimeField(_("booked"))

    class Meta:
        ordering = ["session__starts", "pk"]
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        indexes = [models.Index(fields=["session", "created"], name="booking_by_session")]
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "session"],
                name="booking_once",
                violation_error_message=_("This session is in the agenda already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.registration} · {self.session}"


class Attendance(models.Model):
    """Evidence: a registered person entered a session. The demographics are copied when it happens and never change."""

    class Source(models.TextChoices):
        JOIN = "join", _("Join page")
        CHECK_IN = "check_in", _("Check-in")
        IMPORT = "import", _("Import")
        SAMPLE = "sample", _("Sample data")

    registration = models.ForeignKey(
        Registration, models.PROTECT, verbose_name=_("registration"), related_name="attendances"
    )
    session = models.ForeignKey(Session, models.PROTECT, verbose_name=_("session"), related_name="attendances")
    first_seen = models.DateTimeField(_("first seen"))
    last_seen = models.DateTimeField(_("last seen"))
    entries = models.PositiveIntegerField(_("entries"), default=1)
    source = models.CharField(_("source"), max_length=10, choices=Source)
    country = models.ForeignKey(Country, models.PROTECT, verbose_name=_("country"), related_name="+")
    region = models.CharField(_("region"), max_length=20, choices=Region)
    stakeholder_type = models.CharField(_("stakeholder type"), max_length=30, choices=StakeholderType)
    gender = models.CharField(_("gender"), max_length=12, choices=Gender)

    class Meta:
        ordering = ["-first_seen", "-pk"]
        verbose_name = _("attendance")
        verbose_name_plural = _("attendances")
        indexes = [models.Index(fields=["session", "first_seen"], name="attendance_by_session")]
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "session"],
                name="attendance_once",
                violation_error_message=_("This attendance is recorded already."),
            ),
            models.CheckConstraint(condition=Q(last_seen__gte=F("first_seen")), name="attendance_seen_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.registration} · {self.session}"


class Tally(models.Model):
    """One counted cell: attendances (cumulative) and people (unique) of a forum, or of one session, for one value of a dimension.

    `session` empty: the whole forum. Dimension `total` has the single value "".
    """

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

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="tallies")
    session = models.ForeignKey(
        Session, models.CASCADE, verbose_name=_("session"), null=True, blank=True, related_name="tallies"
    )
    dimension = models.CharField(_("dimension"), max_length=20, choices=Dimension)
    value = models.CharField(_("value"), max_length=40, blank=True)
    attendances = models.PositiveIntegerField(_("attendances"))
    people = models.PositiveIntegerField(_("different people"))
    computed_at = models.DateTimeField(_("counted"))

    class Meta:
        ordering = ["dimension", "-attendances", "value"]
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        constraints = [
            models.UniqueConstraint(fields=["session", "dimension", "value"], name="tally_once_per_session"),
            models.UniqueConstraint(
                fields=["forum", "dimension", "value"], name="tally_once_per_forum", condition=Q(session__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.value}: {self.attendances}"
