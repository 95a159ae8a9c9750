"""The bare user: what every app needs of a person, and nothing that belongs to a registration."""

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events.models import columns
from events.models.columns import LineField
from events.models.time_zones import validate_zone

ERASED_DOMAIN = "@erased.invalid"  # of the addresses that erased accounts have: no mail goes there


def has_other_letters(name: str) -> bool:
    """Whether a name has letters that are not Latin."""
    return any(sign.isalpha() and not unicodedata.name(sign, "").startswith(("LATIN", "MODIFIER")) for sign in name)


def validate_latin(name: str) -> None:
    """Refuse (`not-latin`) a name with letters of another script, or with none at all: a passport has Latin ones (ICAO 9303)."""
    if has_other_letters(name) or not any(map(str.isalpha, name)):
        raise ValidationError(_("Write it in Latin letters, as in your passport"), code="not-latin")


class UserManager(BaseUserManager["User"]):
    """Makes accounts; addresses are kept in lower case, so one person has one account."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        user = self.model(email=email.strip().lower(), **extra)
        user.set_password(password)
        user.save(using=self.db)
        return user

    def find_or_make(self, wanted: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, "User"], list["User"]]:
        """The account that has confirmed an address, be it its second one; else the one that bears it, by addresses in small
        letters. Where there is none it is made with what is `wanted`, without a password: its owner logs in by a mailed code.
        And which of them were made. Four statements at the most. Who made them: events.shared.history.made_accounts."""
        found, made = self._at(wanted), []
        if missing := wanted.keys() - found.keys():
            new = {email: self.model(email=email, **wanted[email]) for email in wanted if email in missing}
            for user in new.values():
                user.set_unusable_password()
            self.bulk_create(new.values(), ignore_conflicts=True)  # somebody may make one in the same moment
            kept = {user.email: user for user in self.filter(email__in=missing)}
            made = [user for email, user in kept.items() if user.password == new[email].password]
            found |= kept
        return found, made

    def _at(self, addresses: Collection[str]) -> dict[str, "User"]:
        """The accounts that have confirmed one of these addresses, and those that bear one that nobody has confirmed."""
        confirmed = self.filter(emailaddress__email__in=addresses, emailaddress__verified=True)
        found = {user.at: user for user in confirmed.annotate(at=models.F("emailaddress__email")).order_by("-pk")}
        return {user.email: user for user in self.filter(email__in=addresses - found.keys())} | found

    def locked(self, key: int) -> "User":
        """The account with this key, locked until the end of the transaction; others may write rows that name it."""
        return self.select_for_update(no_key=True).get(pk=key)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    FORUM = None

    email = models.EmailField(
        _("e-mail"), unique=True, error_messages={"unique": _("An account with this address exists.")}
    )
    name = LineField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_zone])
    # What the next form begins with (registration.people.account_page); what was said at a forum stays there.
    title = LineField(_("form of address"), max_length=40, blank=True, default="", db_default="")
    organisation = LineField(_("organisation"), max_length=200, blank=True, default="", db_default="")
    country = columns.country(_("country"), db_index=False, db_constraint=False)
    # There are no superusers (decision 0025): the column of old versions stays for one more version, and nothing reads it.
    is_superuser = None
    endings = models.PositiveIntegerField(  # how often all log-ins but one were ended at once
        _("log-ins ended"), default=0, db_default=0, editable=False
    )
    # Columns of the organisers' lists that the person chose: {"events.session": ["when", "title"]} (events.shared.admin.lists).
    list_columns = models.JSONField(
        _("columns of lists"), default=dict, db_default=models.Value({}, models.JSONField()), editable=False
    )
    is_staff = models.BooleanField(_("organiser"), default=False, help_text=_("May log in to the organisers' site."))
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Untick this instead of deleting an account.")
    )
    date_joined = models.DateTimeField(_("joined"), auto_now_add=True)
    # At its owner's wish (registration.people.data_rights): the row stays for what hangs on it, and says nothing of the person.
    erased = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        indexes = [models.Index(fields=["date_joined"], name="user_joined")]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_lower",
                violation_error_message=_("An account with this address exists."),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def public_name(self) -> str:
        """What other people read: never the address."""
        return self.name or gettext("Somebody without a name")

    def has_confirmed_address(self) -> bool:
        """Whether the account has a confirmed e-mail address. One query."""
        from allauth.account.models import EmailAddress  # its app is ready only when all models are

        return EmailAddress.objects.filter(user=self, verified=True).exists()

    def get_session_auth_hash(self) -> str:
        """What a log-in is held against: it ends with the password, and when the person ends all others."""
        return self._with_endings(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return map(self._with_endings, super().get_session_auth_fallback_hash())

    def _with_endings(self, digest: str) -> str:
        return f"{digest}:{self.endings}" if self.endings else digest
