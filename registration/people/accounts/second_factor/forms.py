"""The forms of the second step: allauth's, in the words of this site. What is not right is refused in words, never a fault."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.core import context
from allauth.mfa import signals
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn_forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from events.shared.pages.personal import arrival
from registration.people.accounts import log_in_limits
from registration.people.accounts.forms import SiteWords
from registration.people.accounts.second_factor import app_codes, set_up

NAME_LENGTH = 60  # characters
NO_ANSWER = _("Your browser sent no passkey. Try again")


class Words(SiteWords):
    """Also for the fields that only the second step has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if (code := self.fields.get("code")) is not None:
            code.error_messages["required"] = _("Enter the code")
            code.widget.attrs["inputmode"] = "numeric"
        if (name := self.fields.get("name")) is not None:
            name.label = _("Name")
            name.help_text = _("So that you can tell it from others, such as “my telephone”.")
            name.error_messages["required"] = _("Give it a name")
            name.validators.append(MaxLengthValidator(NAME_LENGTH))
            name.widget.attrs["maxlength"] = NAME_LENGTH
        if (is_alone := self.fields.get("passwordless")) is not None:
            is_alone.label = _("Log in with it alone, without e-mail and password")
        if (credential := self.fields.get("credential")) is not None:
            credential.error_messages |= {"required": NO_ANSWER, "invalid": NO_ANSWER}


@contextmanager
def junk_is_refused() -> Iterator[None]:
    """What no browser sends is refused like any other wrong answer: the library trips over some of it."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise get_adapter().validation_error("incorrect_code") from error


# --- codes ----------------------------------------------------------------------------------------
class TakesCodes(Words):
    """A code of the app, or a recovery code."""

    user: Any
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        """Refuses as `app_codes.use` does, `incorrect_code` and `too_many_codes`."""
        request = context.request
        if log_in_limits.second_step_is_over(request, self.user):
            raise get_adapter().validation_error("too_many_codes")
        code: str = self.cleaned_data["code"]
        refusal, asked = None, None
        with_codes = Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.WEBAUTHN)
        for one in with_codes.order_by("-type"):  # the app before the recovery codes
            try:
                self._take(one, code)
            except ValidationError as error:
                refusal, asked = refusal or error, asked or one
            else:
                one.user = self.user
                self.authenticator = one
                return code
        if asked is not None:
            again = isinstance(self, base_forms.ReauthenticateForm)
            more = {"user": self.user, "authenticator": asked, "reauthentication": again}
            signals.authentication_failed.send(sender=Authenticator, request=request, **more)
        raise refusal or get_adapter().validation_error("incorrect_code")

    @staticmethod
    def _take(authenticator: Authenticator, code: str) -> None:
        if authenticator.type == Authenticator.Type.TOTP:
            app_codes.use(authenticator, code, now=arrival(context.request))
        elif not authenticator.wrap().validate_code(code):
            raise get_adapter().validation_error("incorrect_code")


class CodeForm(TakesCodes, base_forms.AuthenticateForm):
    pass


class CodeAgainForm(TakesCodes, base_forms.ReauthenticateForm):
    pass


class AppForm(Words, ActivateTOTPForm):
    def clean_code(self) -> str:
        """The first code of an app. Refuses `too_many_codes`, and as `app_codes.check` does; who has not confirmed their address
        does not come so far (allauth's view)."""
        code: str = self.cleaned_data["code"]
        request = context.request
        if log_in_limits.second_step_is_over(request, self.user):
            raise get_adapter().validation_error("too_many_codes")
        set_up.note_code(request, step=app_codes.check(self.secret, code, now=arrival(request)))
        return code


# --- passkeys -------------------------------------------------------------------------------------
class AsksTheBrowser(Words):
    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Any:
        with junk_is_refused():
            return super().clean_credential()  # type: ignore[misc]  # of allauth's form


class PasskeyAnswerForm(AsksTheBrowser, webauthn_forms.AuthenticateWebAuthnForm):
    pass


class PasskeyAgainForm(AsksTheBrowser, webauthn_forms.ReauthenticateWebAuthnForm):
    pass


class PasskeyLoginForm(AsksTheBrowser, webauthn_forms.LoginWebAuthnForm):
    pass


class PasskeyForm(Words, webauthn_forms.AddWebAuthnForm):
    def clean(self) -> dict[str, Any]:
        with junk_is_refused():
            return super().clean()


class PasskeyNameForm(Words, webauthn_forms.EditWebAuthnForm):
    pass
