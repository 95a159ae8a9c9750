"""What people ask for about their data, and how long organisers keep it."""

from datetime import timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Forum
from events.models.columns import Job, account
from events.models.constraints import once
from events.shared import hooks


class DataCopy(Job):
    """A copy of all that is held on a person, asked for by them, made by a worker, and gone after a week."""

    LEASE = timedelta(minutes=5)
    PAUSES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
    LATE = timedelta(minutes=10)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("account"), related_name="data_copies"
    )
    made = models.DateTimeField(_("made"), null=True)
    expires = models.DateTimeField(_("gone from"), null=True)
    content = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("copy of data")
        verbose_name_plural = _("copies of data")
        ordering = ["-asked", "-pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["asked"], name="data_copy_waiting", condition=Q(made__isnull=True))]
        constraints = [once("data_copy_waits_once", "user", condition=Q(made__isnull=True))]

    def __str__(self) -> str:
        return f"copy {self.pk}"


class Erasure(models.Model):
    """The wish of a person to be erased: carried out when it is due, unless they change their mind before."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        STOPPED = "stopped", _("Stopped by the person")
        ERASED = "erased", _("Erased, files are being deleted")
        DONE = "done", _("Done")

    user = account(_("account"))
    asked = models.DateTimeField(_("asked for"))
    due = models.DateTimeField(_("due"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    taken_out = models.JSONField(default=list)  # `Published.key`
    erased = models.DateTimeField(_("erased"), null=True)
    files = models.JSONField(default=list)  # names in the storage that are still to be deleted

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-asked", "-pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["state", "due"], name="erasure_by_state")]
        constraints = [once("erasure_waits_once", "user", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"erasure {self.pk}"


class Formerly(models.Model):
    """An address or a name that an account had before. `rows`: by table those that were its own by the address alone: key →
    digest of the address and name in it, as they were left."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("account"), related_name="formerly"
    )
    email = models.EmailField(_("e-mail"), blank=True, db_index=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    until = models.DateTimeField(_("until"))
    rows = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("former address or name")
        verbose_name_plural = _("former addresses and names")
        ordering = ["-until", "-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.email or self.name


class RetentionPeriod(models.Model):
    """How many days after its last day a forum keeps a kind of data (`hooks.retention`), where organisers set another
    number than the usual one."""

    FORUM = "forum"

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="retention_periods")
    kind = models.CharField(_("what"), max_length=40)  # `Period.kind`
    days = models.PositiveSmallIntegerField(
        _("days after the forum"), validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )

    class Meta:
        ordering = ["forum", "kind"]
        verbose_name = _("retention period")
        verbose_name_plural = _("retention periods")
        constraints = [
            once("retention_period_once", "forum", "kind", message=_("The forum has a period for this already."))
        ]

    def __str__(self) -> str:
        periods = (period for function in hooks.retention.of() for period in function())
        return f"{self.forum}: {next((one.words for one in periods if one.kind == self.kind), self.kind)}"
