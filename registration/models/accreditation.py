"""What is decided on registrations: each step of each of them, and how many people of an organisation may take part."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from events.models import Forum, Organisation
from events.models.columns import LineField, UploadColumn
from events.models.columns import account as who
from events.models.constraints import once
from events.models.uploads import RandomName
from events.shared.formatting.codes import new_code
from registration.models.kind import Kind
from registration.models.registration import Registration


class AccreditationStep(models.Model):
    """One step of a registration on which somebody decides: asked, passed on, approved, refused. Who, when and why."""

    FORUM = "registration__forum"

    registration = models.ForeignKey(Registration, models.CASCADE, verbose_name=_("registration"), related_name="steps")
    before = models.CharField(_("state before"), max_length=20, choices=Registration.State, blank=True)
    after = models.CharField(_("state after"), max_length=20, choices=Registration.State)
    by = who(_("by"), null=True, blank=True)
    at = models.DateTimeField(_("time"))
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("step of the accreditation")
        verbose_name_plural = _("steps of the accreditation")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.get_after_display()


class Quota(models.Model):
    """How many people of an organisation may take part in a kind, where that is another number than the kind's own
    (`Kind.per_organisation`)."""

    FORUM = "kind__forum"

    kind = models.ForeignKey(  # quota_once begins with it
        Kind, models.CASCADE, verbose_name=_("kind"), related_name="quotas", db_index=False
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, verbose_name=_("organisation"), related_name="quotas"
    )
    places = models.PositiveIntegerField(
        _("places"), help_text=_("Fewer than are approved: nobody is taken out, and nobody more is approved.")
    )

    class Meta:
        ordering = ["kind", "organisation__name", "pk"]
        verbose_name = _("quota of an organisation")
        verbose_name_plural = _("quotas of organisations")
        constraints = [
            once("quota_once", "kind", "organisation", message=_("This organisation has a quota in this kind already."))
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.places}"


class FocalPoint(models.Model):
    """An account that answers for the people of an organisation at a forum; named by organisers."""

    FORUM = "forum"

    forum = models.ForeignKey(  # focal_point_once begins with it
        Forum, models.CASCADE, verbose_name=_("forum"), related_name="focal_points", db_index=False
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, verbose_name=_("organisation"), related_name="focal_points"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("account"), related_name="focal_points"
    )
    named_by = who(_("named by"))
    named_at = models.DateTimeField(_("named"))

    class Meta:
        ordering = ["organisation__name", "pk"]
        verbose_name = _("focal point")
        verbose_name_plural = _("focal points")
        constraints = [
            once(
                "focal_point_once",
                "forum",
                "organisation",
                "user",
                message=_("This account is a focal point of this organisation already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.user}"


class RegistrationFile(models.Model):
    """A file that somebody gave who registers: a letter, a photograph, or the answer to a question of the organisers. It hangs on
    the account, so that it is there before there is a registration. Who may read it: registration.accreditation.documents."""

    FORUM = "forum"

    LETTER, PHOTOGRAPH = "letter", "photograph"

    forum = models.ForeignKey(  # registration_file_once begins with it
        Forum, models.CASCADE, verbose_name=_("forum"), related_name="+", db_index=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("account"), related_name="+")
    name = models.CharField(_("what"), max_length=40)  # letter, photograph, or `RegistrationQuestion.name`
    title = LineField(_("name of the file"), max_length=150)
    file = UploadColumn(_("file"), upload_to=RandomName("registrations"))
    uploaded = models.DateTimeField(_("uploaded"))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("file of a registration")
        verbose_name_plural = _("files of registrations")
        default_permissions = ()
        constraints = [once("registration_file_once", "forum", "user", "name")]

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"


class InvitationLetter(models.Model):
    """That somebody who takes part got a letter of invitation; /verify/<code>/ says for whom, and whether it still holds."""

    FORUM = "registration__forum"

    registration = models.ForeignKey(
        Registration, models.CASCADE, verbose_name=_("registration"), related_name="letters"
    )
    code = models.CharField(_("code"), max_length=12, unique=True, default=new_code, editable=False)
    name = models.CharField(_("name"), max_length=191)  # with the form of address
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    issued = models.DateTimeField(_("issued"))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("letter of invitation")
        verbose_name_plural = _("letters of invitation")
        default_permissions = ()
        constraints = [once("invitation_letter_once", "registration", "name", "organisation")]

    def __str__(self) -> str:
        return self.code
