"""The forms of allauth in the words of this site. What they check is allauth's."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from events.models import User
from events.models.time_zones import validate_zone
from events.shared.pages.personal import arrival, person
from registration.people.accounts import clean_up, confirmation, log_in_limits, sealing
from registration.people.accounts.log_ins import hooks as accounts_hooks
from registration.people.accounts.log_ins import links, slow_down

LABELS = {
    "email": _("E-mail"),
    "login": _("E-mail"),
    "password": _("Password"),
    "password1": _("Password"),
    "password2": _("The same password again"),
    "oldpassword": _("The password that you have now"),
    "code": _("Code"),
}
REQUIRED = {
    "email": _("Enter your e-mail"),
    "login": _("Enter your e-mail"),
    "password": _("Enter your password"),
    "password1": _("Choose a password"),
    "password2": _("Enter the same password again"),
    "oldpassword": _("Enter the password that you have now"),
    "code": _("Enter the code of our mail"),
}
NEW_PASSWORD = _("10 characters or more, not only digits. A short sentence is easy to remember.")
INVALID_EMAIL = _("Enter an e-mail such as name@example.org")

EMAIL_LENGTH = 254  # what the columns hold


class SiteWords:
    """Labels, hints and sentences of the site; no placeholders: they vanish while one types."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = LABELS.get(name, field.label)
            field.help_text = NEW_PASSWORD if name == "password1" else ""
            if name in REQUIRED:
                field.error_messages["required"] = REQUIRED[name]
            if isinstance(field, forms.EmailField):
                field.error_messages["invalid"] = INVALID_EMAIL
                field.validators.append(MaxLengthValidator(EMAIL_LENGTH, INVALID_EMAIL))
                field.widget.attrs["autocomplete"] = "email"


def worded(form: type[forms.Form]) -> type[forms.Form]:
    """A form of allauth with the site's words."""
    return type(form.__name__, (SiteWords, form), {})


class OpeningTime(forms.HiddenInput):
    """Shows when its page was opened: a new one each time."""

    def format_value(self, value: Any) -> str:
        return slow_down.ticket(context.request)


class Slowed(SiteWords):
    """A form for strangers: where many tries come from a network, it is sent five seconds after its page was opened at the
    soonest (log_ins.slow_down)."""

    cleaned_data: dict[str, Any]
    errors: Any
    add_error: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ticket"] = forms.CharField(required=False, max_length=300, widget=OpeningTime)

    def address(self) -> str:
        """The account that it is about."""
        return str(self.cleaned_data["email"])

    def clean(self) -> dict[str, Any]:
        """Refuses `slow_down`, with what was entered kept, the password too."""
        request = context.request
        if not self.errors and not log_in_limits.is_known(request, email=self.address()):
            widgets = [field.widget for field in self.fields.values()]
            passwords = [widget for widget in widgets if isinstance(widget, forms.PasswordInput)]
            ticket = self.cleaned_data["ticket"]
            if slow_down.is_slowed(request) and not slow_down.has_waited(
                request, ticket=ticket, hashes=bool(passwords)
            ):
                for widget in passwords:
                    widget.render_value = True
                raise get_adapter().validation_error("slow_down")
            slow_down.count(request, email=self.address())
        cleaned: dict[str, Any] = super().clean()  # type: ignore[misc]  # of allauth's form
        return cleaned


class AsksForMail(SiteWords):
    """A form that has a code or a link mailed to an address, where nothing else in it is wrong."""

    cleaned_data: dict[str, Any]
    errors: Any
    add_error: Any
    way = ""  # of mails with a button (log_in_limits.asks_too_often)

    def address(self) -> str:
        """Where the mail goes."""
        return str(self.cleaned_data["email"])

    def clean(self) -> dict[str, Any]:
        """Refuses `rate_limited`."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data  # type: ignore[misc]  # of allauth's form
        if not self.errors and log_in_limits.asks_too_often(context.request, email=self.address(), way=self.way):
            if self.way == "log-in":
                get_adapter().send_refused(self.address())
            self.add_error("email" if "email" in self.fields else None, get_adapter().validation_error("rate_limited"))
        return cleaned


class TakesMailedCode(SiteWords):
    """A form for a mailed code, of which the session keeps a digest."""

    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        self.cleaned_data["code"] = sealing.digest(self.cleaned_data["code"])
        found: str = super().clean_code()  # type: ignore[misc]  # of allauth's form
        try:
            links.spend(found, now=arrival(context.request))
        except ValidationError as refusal:
            raise get_adapter().validation_error("incorrect_code") from refusal
        return found


class RequestLoginCodeForm(AsksForMail, Slowed, allauth_forms.RequestLoginCodeForm):
    way = "log-in"


class ResetPasswordForm(AsksForMail, Slowed, allauth_forms.ResetPasswordForm):
    pass


class AddEmailForm(AsksForMail, allauth_forms.AddEmailForm):
    pass


class SendCodeForm(AsksForMail, forms.Form):
    """Asks for a code to the address of who is signed in."""

    def address(self) -> str:
        return person(context.request).email


class LoginForm(Slowed, allauth_forms.LoginForm):
    @property
    def organisation(self) -> str:
        """Whose accounts log staff in, too (staff_login); empty for none."""
        return str(settings.STAFF_LOGIN.get("name", ""))

    def address(self) -> str:
        return str(self.cleaned_data["login"])


class ConfirmLoginCodeForm(TakesMailedCode, allauth_forms.ConfirmLoginCodeForm):
    pass


class ReleasesAddress(allauth_forms.BaseConfirmCodeForm):
    """Asked by allauth's form once the code is right and before it asks whether the address is free: a stranger who signed up with
    it, and could not confirm it, keeps nobody from moving there."""

    user: User | None
    email: str

    def clean_code(self) -> str:
        code: str = super().clean_code()
        if self.user:
            for check in accounts_hooks.may_change_address.of():
                check(self.user, arrival(context.request))
            clean_up.release(self.email, to=self.user)
        return code


class ConfirmEmailForm(TakesMailedCode, allauth_forms.ConfirmEmailVerificationCodeForm, ReleasesAddress):
    pass


ResetPasswordKeyForm = worded(allauth_forms.ResetPasswordKeyForm)
ChangePasswordForm = worded(allauth_forms.ChangePasswordForm)
SetPasswordForm = worded(allauth_forms.SetPasswordForm)
ReauthenticateForm = worded(allauth_forms.ReauthenticateForm)


class SignupForm(AsksForMail, Slowed, allauth_forms.SignupForm):
    """Asks for e-mail and password; takes the language from the page and, where the script says it, the time zone."""

    way = "sign-up"

    account_already_exists: bool

    time_zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-zone-field": ""}))

    def clean_time_zone(self) -> str:
        """An unknown zone is left out: nobody can correct a hidden field."""
        zone: str = self.cleaned_data["time_zone"]
        try:
            validate_zone(zone)
        except ValidationError:
            return "UTC"
        return zone

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Sign up; a known address takes the same way in about the same time (one hash), and gets another mail.

        Whoever signs up again with the same password before confirming (a double click, a lost page) goes on.
        """
        if self.account_already_exists:
            return self._known_address(request)
        try:
            with transaction.atomic():
                saved: tuple[User | None, HttpResponse | None] = super().try_save(request)
        except IntegrityError:  # the same address a moment ago, in another tab
            self.account_already_exists = True
            return self._known_address(request)
        if user := saved[0]:
            confirmation.note_sign_up(request, user)
        return saved

    def _known_address(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        password: str = self.cleaned_data["password1"]
        unconfirmed = User.objects.filter(email=self.cleaned_data["email"], is_active=True).exclude(
            emailaddress__verified=True
        )
        user = unconfirmed.first()
        if user is None:
            User().set_password(password)
        elif user.check_password(password):
            confirmation.note_sign_up(request, user)
            return user, None
        answer: tuple[None, HttpResponse] = super().try_save(request)
        return answer

    def custom_signup(self, request: HttpRequest, user: User) -> None:
        user.language = get_language() or "en"
        user.time_zone = self.cleaned_data["time_zone"]
        user.save(update_fields=["language", "time_zone"])
