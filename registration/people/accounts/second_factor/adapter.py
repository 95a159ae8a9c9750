"""allauth.mfa in the site's words. What it keeps is encrypted: who reads the database alone cannot pass the second step."""

from typing import Any
from urllib.parse import urlsplit

import qrcode
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathImage

from events.shared.pages.second_step import is_needed
from events.shared.rights.two_people.presence import FACTORS
from registration.people.accounts import sealing


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": _(
            "Your account needs a second step. Add another one before you remove this one"
        ),
        "cannot_generate_recovery_codes": _("Set up an authenticator app or a passkey first"),
        "incorrect_code": _("This was not right. Try again"),
        "too_many_codes": _("Too many tries. Wait ten minutes and try again"),
        "unverified_email": _("Confirm your e-mail first"),
    }

    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Who needs a second step keeps one."""
        others = Authenticator.objects.filter(user=authenticator.user_id, type__in=FACTORS).exclude(pk=authenticator.pk)
        return not is_needed(authenticator.user) or others.exists()

    def build_totp_svg(self, url: str) -> str:
        """The code to scan, as it can stand in a page: the policy of our pages allows no picture inside an address."""
        image: Any = qrcode.make(url, image_factory=SvgPathImage)
        return SafeString(image.to_string(encoding="unicode"))

    def get_totp_issuer(self) -> str:
        """How apps name this site: by the settings, not by what a request says."""
        return urlsplit(settings.BASE_URL).hostname or ""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """How browsers name it."""
        return super().get_public_key_credential_rp_entity() | {"name": self.get_totp_issuer()}

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey") if number == 1 else gettext("Passkey %(number)s") % {"number": number}
