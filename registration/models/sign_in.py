"""Where an account is logged in, and which mailed codes were used (registration.people.accounts.log_ins)."""

from typing import ClassVar

from django.conf import settings
from django.contrib.sessions.models import Session as LogIn
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


class SignIn(models.Model):
    """What its owner reads of one log-in: since when, with which browser, from which network. It goes with the session."""

    session = models.OneToOneField(  # code of before deletes sessions without a thought of this table
        LogIn, models.CASCADE, primary_key=True, db_constraint=False, related_name="sign_in"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("account"), related_name="sign_ins"
    )
    began = models.DateTimeField(_("since"))
    browser = models.CharField(_("browser"), max_length=40, blank=True)
    system = models.CharField(_("system"), max_length=40, blank=True)
    network = models.CharField(_("network"), max_length=50, blank=True)

    class Meta:
        verbose_name = _("log-in")
        verbose_name_plural = _("log-ins")
        ordering = ["-began"]

    def __str__(self) -> str:
        return f"{self.browser} {self.system}".strip()

    @property
    def number(self) -> str:
        """What a button beside it names it by: the key of a session itself is a secret."""
        return salted_hmac("registration.sign_in", self.session_id, algorithm="sha256").hexdigest()[:20]


class SpentCode(models.Model):
    """That a mailed code, or the link beside it, was used (registration.people.accounts.log_ins.links). It names nobody, and goes after
    a day."""

    FORUM: ClassVar[None] = None

    digest = models.CharField(_("digest"), max_length=32, primary_key=True)
    at = models.DateTimeField(_("used"))

    class Meta:
        verbose_name = _("spent code")
        verbose_name_plural = _("spent codes")
        default_permissions = ()

    def __str__(self) -> str:
        return self.digest
