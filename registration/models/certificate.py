"""Certificates of participation: who gets one, and those that were issued."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Forum, Session, Track
from events.models.columns import account as who
from events.models.constraints import once
from events.shared.formatting.codes import new_code


class CertificateRule(models.Model):
    """Who gets a certificate when a forum is over: for how much of the forum, of a track, or of one session."""

    FORUM = "forum"

    class Measure(models.TextChoices):
        SESSIONS = "sessions", _("Sessions attended")
        MINUTES = "minutes", _("Minutes attended")
        SHARE = "share", _("Percent of the time of the sessions, attended")
        SPEAKING = "speaking", _("Sessions in which somebody speaks")
        MODERATING = "moderating", _("Sessions that somebody moderates")

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="certificate_rules")
    track = models.ForeignKey(
        Track,
        models.CASCADE,
        verbose_name=_("track"),
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Only its sessions count."),
    )
    session = models.ForeignKey(
        Session,
        models.CASCADE,
        verbose_name=_("session"),
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Only this one counts. Neither track nor session: all sessions of the forum."),
    )
    measure = models.CharField(_("what counts"), max_length=10, choices=Measure, default=Measure.SESSIONS)
    threshold = models.PositiveIntegerField(
        _("how much is needed"),
        default=1,
        validators=[MinValueValidator(1)],
        help_text=_("Sessions, minutes or percent. Minutes that are not known do not count."),
    )
    by_mail = models.BooleanField(
        _("by mail"), default=False, help_text=_("A mail tells people of their certificate when the forum is over.")
    )

    class Meta:
        ordering = ["forum", "pk"]
        verbose_name = _("rule for certificates")
        verbose_name_plural = _("rules for certificates")
        constraints = [
            models.CheckConstraint(
                condition=Q(track=None) | Q(session=None),
                name="certificate_of_one_thing",
                violation_error_message=_("A certificate is for a track or for a session, not for both."),
            ),
            models.CheckConstraint(
                condition=Q(threshold__gte=1) & (~Q(measure="share") | Q(threshold__lte=100)),
                name="certificate_threshold",
                violation_error_message=_("At least 1 is needed, and at most 100 percent."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_display()}: {self.threshold}"

    def clean(self) -> None:
        """Refuse (`other-forum`) a track or a session of another forum, and (`twice`) a second rule that counts the same: whoever
        reaches both would get two certificates."""
        for name, place in (("track", self.track), ("session", self.session)):
            if place and place.forum_id != self.forum_id:
                words = _("It belongs to another forum.")
                raise ValidationError({name: ValidationError(words, code="other-forum")})
        same = {name: getattr(self, name) for name in ("forum_id", "track_id", "session_id", "measure")}
        if CertificateRule.objects.filter(**same).exclude(pk=self.pk).exists():
            words = _("There is a rule that counts this already. Change that one.")
            raise ValidationError({"measure": ValidationError(words, code="twice")})


class ParticipationCertificate(models.Model):
    """That somebody got a certificate; /verify/<code>/ says what it certifies, and whether it holds."""

    FORUM = "rule__forum"

    rule = models.ForeignKey(  # participation_certificate_once begins with it
        CertificateRule, models.PROTECT, verbose_name=_("rule"), related_name="certificates", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("account"), related_name="certificates"
    )
    code = models.CharField(_("code"), max_length=12, unique=True, default=new_code, editable=False)
    issued = models.DateTimeField(_("issued"))
    withdrawn = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_by = who(_("withdrawn by"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        ordering = ["-issued", "-pk"]
        verbose_name = _("certificate of participation")
        verbose_name_plural = _("certificates of participation")
        default_permissions = ("view",)
        constraints = [once("participation_certificate_once", "rule", "user")]

    def __str__(self) -> str:
        return str(self.user)
