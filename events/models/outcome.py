"""What came out of the sessions."""

from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from events.models.forum import Forum
from events.models.programme import DESCRIPTION_LIMIT, Session
from events.models.reference import Organisation


class Outcome(models.Model):
    class Kind(models.TextChoices):
        ANNOUNCEMENT = "announcement", _("Announcement")
        LAUNCH = "launch", _("Launch")
        AGREEMENT = "agreement", _("Agreement")
        COMMITMENT = "commitment", _("Commitment")
        PUBLICATION = "publication", _("Publication")

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="outcomes")
    session = models.ForeignKey(
        Session, models.SET_NULL, verbose_name=_("session"), null=True, blank=True, related_name="outcomes"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    title = models.CharField(_("title"), max_length=250)
    text = models.TextField(
        _("text"), blank=True, validators=[MaxLengthValidator(DESCRIPTION_LIMIT)], help_text=_("Markdown.")
    )
    organisations = models.ManyToManyField(
        Organisation, verbose_name=_("organisations"), blank=True, related_name="outcomes"
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_public = models.BooleanField(_("public"), default=True)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")

    def __str__(self) -> str:
        return self.title
