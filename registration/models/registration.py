"""A person at a forum, and the draft that becomes one."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Country, Forum, Organisation
from events.models.constraints import once
from events.models.people import has_other_letters, validate_latin
from events.models.programme import validate_languages
from events.models.reference import Gender, StakeholderType
from events.models.time_zones import validate_zone
from events.shared.secret_links import SecretLink, seed
from registration.models.kind import Kind, ModeOfAttendance


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def of(self, user: object) -> "RegistrationQuerySet":
        """The registrations of one signed-in person; none for a visitor."""
        return self.filter(user=user) if getattr(user, "is_authenticated", False) else self.none()

    def standing(self) -> "RegistrationQuerySet":
        """Those of people who have not withdrawn, whatever was decided."""
        return self.filter(withdrawn__isnull=True)

    def active(self) -> "RegistrationQuerySet":
        """Those of people who take part: approved, where that is needed, and not withdrawn."""
        return self.standing().filter(state=Registration.State.APPROVED)

    def mailable(self) -> "RegistrationQuerySet":
        """Those who take part and get mails."""
        return self.active().reachable()

    def reachable(self) -> "RegistrationQuerySet":
        """Those who get mails at all. Sample people get mail only while it goes into files, never by SMTP."""
        people = self.filter(user__is_active=True)
        return people.filter(is_sample=False) if settings.EMAIL_URL else people


class Registration(SecretLink, models.Model):
    """A person at a forum: a snapshot, so that later edits of the account do not change the forum's figures."""

    FORUM = "forum"

    Mode = ModeOfAttendance

    class State(models.TextChoices):
        """What was decided. Who has withdrawn keeps it; `withdrawn` says when."""

        WITH_FOCAL_POINT = "focal_point", _("With the focal point")
        WITH_SECRETARIAT = "secretariat", _("With the secretariat")
        WAITING = "waiting", _("On the waiting list")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")

    # What decisions make of each state (registration.accreditation.decisions): who is approved and finds no place waits for one.
    # From the waiting list people come by its moving up alone (registration.sessions.seats.kind_places). Who asks again begins again.
    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.WITH_FOCAL_POINT: {State.WITH_SECRETARIAT, State.APPROVED, State.WAITING, State.REFUSED},
        State.WITH_SECRETARIAT: {State.APPROVED, State.WAITING, State.REFUSED},
        State.WAITING: {State.APPROVED, State.REFUSED},
        State.APPROVED: {State.REFUSED},
        State.REFUSED: {State.APPROVED, State.WAITING},
    }

    forum = models.ForeignKey(Forum, models.PROTECT, verbose_name=_("forum"), related_name="registrations")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("account"), related_name="registrations"
    )
    kind = models.ForeignKey(  # registration_by_kind is its index
        Kind,
        models.PROTECT,
        verbose_name=_("kind"),
        null=True,
        blank=True,
        related_name="registrations",
        db_index=False,
    )
    state = models.CharField(
        _("state"), max_length=20, choices=State, default=State.APPROVED, db_default=State.APPROVED, editable=False
    )
    title = models.CharField(_("form of address"), max_length=40, blank=True)
    name = models.CharField(_("name"), max_length=150)
    latin_name = models.CharField(
        _("name in Latin letters"), max_length=150, blank=True, default="", db_default="", validators=[validate_latin]
    )
    organisation = models.CharField(
        _("organisation"), max_length=200, blank=True
    )  # as typed, for badge and certificate
    affiliation = models.ForeignKey(  # which one that is; registration_affiliation is its index
        Organisation,
        models.PROTECT,
        verbose_name=_("counted as"),
        null=True,
        blank=True,
        related_name="registrations",
        db_index=False,
    )
    stakeholder_type = models.CharField(_("stakeholder type"), max_length=30, choices=StakeholderType)
    country = models.ForeignKey(Country, models.PROTECT, verbose_name=_("country"), related_name="registrations")
    gender = models.CharField(_("gender"), max_length=12, choices=Gender)
    time_zone = models.CharField(_("time zone"), max_length=64, validators=[validate_zone])
    language = models.CharField(_("language of mails"), max_length=10, choices=settings.LANGUAGES, default="en")
    languages = models.JSONField(_("languages"), default=list, blank=True, validators=[validate_languages])
    accessibility_needs = models.TextField(_("accessibility needs"), blank=True, validators=[MaxLengthValidator(1000)])
    mode = models.CharField(_("attendance"), max_length=10, choices=Mode, default=Mode.REMOTE)
    answers = models.JSONField(  # name of a question of the organisers → the answer
        _("answers"), default=dict, db_default=models.Value({}, models.JSONField()), blank=True, editable=False
    )
    consented = models.DateTimeField(_("agreed to the privacy notice"))
    created = models.DateTimeField(_("registered"))
    updated = models.DateTimeField(_("updated"), auto_now=True)
    withdrawn = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    wants_reminders = models.BooleanField(_("reminders by mail"), default=True)
    is_listed = models.BooleanField(  # by the person's own wish alone (registration.registering.participants.listing)
        _("on the public list of participants"), default=False, db_default=False, editable=False
    )
    link_seed = seed("calendar_token")  # of the calendar
    ticket_serial = models.PositiveSmallIntegerField(  # rises with each new ticket; doors take the last one only
        _("ticket"), default=1, db_default=1, editable=False
    )
    is_sample = models.BooleanField(_("sample data"), default=False, editable=False)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        ordering = ["-created", "-pk"]
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        indexes = [
            models.Index(
                fields=["forum", "created"],
                name="registration_taking_part",
                condition=Q(withdrawn__isnull=True, state="approved"),
            ),
            models.Index(fields=["-created", "-id"], name="registration_newest"),
            models.Index(
                fields=["affiliation"], name="registration_affiliation", condition=Q(affiliation__isnull=False)
            ),
            models.Index(  # for the organisers' first page
                fields=["forum"],
                name="registration_to_decide",
                condition=Q(withdrawn__isnull=True, state="secretariat"),
            ),
            models.Index(fields=["kind", "state"], name="registration_by_kind", condition=Q(kind__isnull=False)),
        ]
        constraints = [
            once("registration_once", "forum", "user", message=_("You are registered for this forum already."))
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name_below(self) -> str:
        """What stands below the name on paper: the same in Latin letters, where it has others."""
        return self.latin_name if has_other_letters(self.name) else ""

    @property
    def is_online_only(self) -> bool:
        """Whether the kind of the person is online: nobody expects them on site. Needs the kind."""
        return self.kind is not None and self.kind.mode == ModeOfAttendance.REMOTE

    @property
    def comes(self) -> bool:
        """Whether the person comes to the place of the forum, as they said. Needs the kind."""
        return self.mode == Registration.Mode.ON_SITE and not self.is_online_only


class RegistrationDraft(models.Model):
    """What a person has entered so far; deleted when it becomes a registration."""

    FORUM = "forum"

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("account"), related_name="+")
    data = models.JSONField(default=dict)
    updated = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("registration draft")
        verbose_name_plural = _("registration drafts")
        constraints = [once("registration_draft_once", "forum", "user")]

    def __str__(self) -> str:
        return f"draft {self.pk}"

    def replace(self, data: dict[str, Any], *, now: datetime) -> bool:
        """Keep other answers; False where somebody has changed the row since it was read. Any number of writers may do this."""
        was, self.data, self.updated = self.data, data, now
        return bool(RegistrationDraft.objects.filter(pk=self.pk, data=was).update(data=data, updated=now))
