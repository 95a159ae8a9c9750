"""Who is invited to register, and who asks to be the focal point of an organisation."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Forum, Organisation
from events.models.columns import LineField, UploadColumn
from events.models.columns import account as who
from events.models.constraints import once
from events.models.uploads import RandomName, validate_document
from events.shared.secret_links import SecretLink, seed
from registration.models.kind import Kind
from registration.models.registration import Registration


class RegistrationInvitationQuerySet(models.QuerySet["RegistrationInvitation"]):
    def open_at(self, now: datetime) -> "RegistrationInvitationQuerySet":
        """Those with which their people can still register."""
        return self.filter(state=RegistrationInvitation.State.INVITED, ends__gt=now)


class RegistrationInvitation(SecretLink, models.Model):
    """Somebody asked by mail to register, in a kind and for an organisation. Only who has confirmed the address can, and nothing
    counts before. Asked again is the same row."""

    FORUM = "forum"
    LIVES = timedelta(days=14)

    class State(models.TextChoices):
        INVITED = "invited", _("Invited")
        ACCEPTED = "confirmed", _("Registered")
        DECLINED = "declined", _("Said no")
        TAKEN_BACK = "taken_back", _("Taken back")

    forum = models.ForeignKey(
        Forum, models.CASCADE, verbose_name=_("forum"), related_name="registration_invitations", db_index=False
    )
    kind = models.ForeignKey(
        Kind, models.CASCADE, verbose_name=_("kind"), null=True, blank=True, related_name="invitations"
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name=_("organisation"),
        null=True,
        blank=True,
        related_name="registration_invitations",
    )
    email = models.EmailField(_("e-mail"))  # in small letters
    name = LineField(_("name"), max_length=150)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.INVITED, editable=False)
    link_seed = seed("digest")
    invited_by = who(_("invited by"))
    invited = models.DateTimeField(_("invited"))  # when the last mail was written
    ends = models.DateTimeField(_("holds until"))
    changed = models.DateTimeField(_("changed"))  # when it came to this state
    registration = models.ForeignKey(
        Registration,
        models.SET_NULL,
        verbose_name=_("registration"),
        null=True,
        blank=True,
        editable=False,
        related_name="invitations",
    )

    objects = RegistrationInvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-invited", "-pk"]
        verbose_name = _("invitation to register")
        verbose_name_plural = _("invitations to register")
        default_permissions = ("add", "view")
        constraints = [
            # Without a condition: a merger of two organisations leaves one of two rows (events.reference.merging).
            once("registration_invited_once", "forum", "organisation", "email"),
            once("registration_invited_alone_once", "forum", "email", condition=Q(organisation=None)),
        ]

    row_number: str = ""  # where somebody who is to be invited stands in a list

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> tuple[int | None, str]:
        """There is one row of it at a forum."""
        return (self.organisation_id, self.email)

    @property
    def history_label(self) -> str:
        return f"#{self.pk}"

    def is_open(self, now: datetime) -> bool:
        """Whether its person can still register with it."""
        return self.state == self.State.INVITED and now < self.ends


class FocalPointRequest(models.Model):
    """Somebody asks to be the focal point of an organisation, with a letter that says so, and what organisers decided."""

    FORUM = "forum"

    class State(models.TextChoices):
        ASKED = "asked", _("Asked")
        NAMED = "named", _("Named")
        REFUSED = "refused", _("Refused")

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="focal_point_requests")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("account"), related_name="focal_point_requests"
    )
    # As typed, or as the organisation is called that this means.
    organisation_name = LineField(_("organisation"), max_length=200)
    letter = UploadColumn(_("letter"), upload_to=RandomName("letters"), blank=True, validators=[validate_document])
    asked = models.DateTimeField(_("asked"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED, editable=False)
    reason = models.TextField(_("reason"), blank=True)
    decided = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = who(_("decided by"), null=True, blank=True)

    class Meta:
        ordering = ["-asked", "-pk"]
        verbose_name = _("request to be a focal point")
        verbose_name_plural = _("requests to be a focal point")
        default_permissions = ("view",)
        constraints = [
            once(
                "focal_point_asked_once",
                "forum",
                "user",
                "organisation_name",
                message=_("You have asked for this organisation already."),
                condition=Q(state="asked"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation_name}: {self.user}"
