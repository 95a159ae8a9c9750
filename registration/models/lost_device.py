"""Accounts whose second step is lost: two supervisors take it away together."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models.columns import account as who
from events.models.constraints import once


class LostDevice(models.Model):
    """That one supervisor asked to take the second step of an account away; done once another one agrees
    (registration.accounts.second_factor.lost_devices)."""

    FORUM: ClassVar[None] = None

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("account"), related_name="lost_devices"
    )
    reason = models.CharField(_("how you know that it is the person"), max_length=300)
    asked_by = who(_("asked by"))
    asked_at = models.DateTimeField(_("asked"))
    decided_by = who(_("decided by"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    is_done = models.BooleanField(_("taken away"), default=False)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("lost second step")
        verbose_name_plural = _("lost second steps")
        default_permissions = ("view",)
        constraints = [
            once(
                "lost_device_waits_once",
                "account",
                condition=Q(decided_at=None),
                message=_("Somebody has asked for this already."),
            ),
            models.CheckConstraint(
                condition=Q(is_done=False)
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by")) & ~Q(decided_by=F("account"))),
                name="lost_device_by_two",
                violation_error_message=_("A second supervisor has to agree."),
            ),
            models.CheckConstraint(
                condition=~Q(asked_by=F("account")),
                name="lost_device_not_of_oneself",
                violation_error_message=_("Ask two other supervisors."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.account)

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has decided yet."""
        return self.decided_at is None
