"""Accounts through allauth: where its defaults end and the rules of this site begin."""

import secrets
from typing import Any, cast
from urllib.parse import quote, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from events.models import User
from events.shared.formatting import addresses
from events.shared.pages.absolute_urls import absolute
from events.shared.pages.personal import arrival
from registration.people.accounts import log_in_limits, reauthentication, rights_mails, sealing
from registration.people.accounts.log_ins import links, slow_down
from registration.people.accounts.log_ins.networks import ip_of


def client_ip(request: HttpRequest) -> str:
    """The address of the visitor's machine."""
    return ip_of(request.META)


def is_own_address(url: str, *, request: HttpRequest) -> bool:
    """Whether `url` stays on this site: a path, or an address of the very host that was asked."""
    return url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ) and not any(ord(sign) < 32 for sign in url)


def own_path(url: str, *, request: HttpRequest) -> str:
    """The path and query of an address of this site; empty for any other.

    Empty too where the path alone would lead away: of `https://this.site//other.site/` it is `//other.site/`.
    """
    if not is_own_address(url, request=request):
        return ""
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return path if is_own_address(path, request=request) else ""


# How somebody who is signed in shows once more who they are.
WAYS = {
    "reauthenticate": _("Enter your password"),
    "mfa_reauthenticate": _("Enter a code"),
    "mfa_reauthenticate:webauthn": _("Use a passkey"),
    "mail": _("Enter a code that we mail to you"),
}


# The mails with a button, by what somebody does who gets one.
WITH_BUTTON = {
    "login_code": "log-in",
    "unknown_account": "log-in",
    "email_confirmation": "sign-up",
    "email_confirmation_signup": "sign-up",
    "account_already_exists": "sign-up",
}


class AccountAdapter(DefaultAccountAdapter):
    """Links in mails use BASE_URL; limits count the visitor's own address; words are the site's own."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed. Write to the organisers to open it again"),
        "email_password_mismatch": _("The e-mail or the password is not right. Check both, or log in by a code"),
        "email_taken": _("This e-mail cannot be used. Enter another one"),
        "duplicate_email": _("This is the e-mail of your account already. Enter another one"),
        "same_as_current": _("This is the e-mail of your account already. Enter another one"),
        "enter_current_password": _("Enter the password that you have now"),
        "incorrect_password": _("The password is not right. Enter the password that you have now"),
        "incorrect_code": _("The code is not right. Enter the code of our last mail"),
        "invalid_or_expired_key": _("This link has expired. Ask for a new one"),
        "invalid_password_reset": _("This link has expired. Ask for a new one"),
        "invalid_login": _("Enter your e-mail"),
        "too_many_login_attempts": _("Too many tries. Log in by a code that we mail to you, or wait ten minutes"),
        "rate_limited": _(
            "Several mails were asked for just now, to this address. Open the newest of our mails and press its button: it logs "
            "you in where you open it. Or wait ten minutes and ask for another one"
        ),
        "slow_down": _(
            "Many tries come from your network just now. Wait 5 seconds and press the button again: what you entered is kept"
        ),
    }

    def clean_email(self, email: str) -> str:
        """The one form of a new address; that of an account which has another from before stays. Refuses `invalid`."""
        return email if User.objects.filter(email=email.lower()).exists() else addresses.canonical(email)

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request)

    def is_safe_url(self, url: str | None) -> bool:
        return bool(url) and is_own_address(str(url), request=allauth_context.request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """In place of allauth's limits. Refuses `too_many_login_attempts`."""
        if self._try.is_refused:
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        self._try = log_in_limits.Try(request, email=credentials.get("email", ""))
        try:
            user: AbstractBaseUser | None = super().authenticate(request, **credentials)
            if user:
                self._try.succeeded()
            return user
        finally:
            self._try.end()

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **more: Any) -> HttpResponse:
        """The browser knows the account from now on, and the mails of before are forgotten."""
        response: HttpResponse = super().post_login(request, user, **more)
        log_in_limits.remember(request, response, email=user.get_username())
        log_in_limits.forget_mails(user.get_username(), now=arrival(request))
        return response

    def generate_login_code(self) -> str:
        return self._kept(super().generate_login_code())

    def generate_email_verification_code(self) -> str:
        return self._kept(super().generate_email_verification_code())

    @staticmethod
    def _kept(code: str) -> str:
        """What allauth puts into the session: the digest. The code itself stands in this request only, until it is mailed."""
        digest = sealing.digest(code)
        allauth_context.request.mailed_codes = {digest: code}
        return digest

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return absolute(path.replace("UID-KEY", quote(key)))

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell the owner of a new password, address or second factor; of an account with a role the supervisors too."""
        super().send_notification_mail(
            template_prefix, user, {"is_notice": True, "account": user} | (context or {}), email
        )
        notice = template_prefix.rpartition("/")[2]
        rights_mails.tell_new_way_in(cast("User", user), notice=notice, now=arrival(allauth_context.request))

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """In place of allauth's own question, which lets those through who have neither a password nor a second step."""
        request = allauth_context.request
        if reauthentication.is_recent(request, request.user, now=arrival(request)):
            return False
        raise ReauthenticationRequired

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """Who has a second step shows that, best by a passkey: the password alone does not do any more. Who has neither gets a
        code by mail."""
        if not isinstance(user, User):
            return []
        ways = super().get_reauthentication_methods(user)
        second = sorted((way for way in ways if "mfa" in way["id"]), key=lambda way: "webauthn" not in way["id"])
        by_mail = {"id": "mail", "url": reverse("account_reauthenticate_by_mail")}
        return [way | {"description": WAYS[way["id"]]} for way in second or ways or [by_mail]]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail into the outbox. Where too many were asked for, nothing is done and the page says so; what tells the
        owner of a change is always written."""
        request, name = allauth_context.request, template_prefix.rpartition("/")[2]
        way = "" if request.user.is_authenticated else WITH_BUTTON.get(name, "")
        if not context.get("is_notice") and log_in_limits.asks_too_often(request, email=email, way=way):
            self.add_message(request, messages.ERROR, message=str(self.error_messages["rate_limited"]))
            raise ImmediateHttpResponse(HttpResponseRedirect(request.get_full_path()))
        is_flood = name == "unknown_account" and slow_down.is_slowed(request)
        is_withheld = is_flood or (bool(way) and log_in_limits.is_withheld(request, email=email))
        self._write(template_prefix, email, context, has_button=bool(way), is_kept=not is_withheld)

    def send_refused(self, email: str) -> None:
        """Of a mail to log in that the page refuses: write one with a button alone where it is owed. It takes as long where not,
        and where there is no account."""
        name = "login_code" if User.objects.filter(email=email.strip().lower()).exists() else "unknown_account"
        is_owed = log_in_limits.is_owed(allauth_context.request, email=email)
        self._write(f"account/email/{name}", email, {}, has_button=True, is_kept=is_owed)

    def _write(
        self, template_prefix: str, email: str, context: dict[str, Any], *, has_button: bool, is_kept: bool
    ) -> None:
        """Write a mail; `is_kept`: False for one that takes as long as a mail takes, and floods nobody."""
        request = allauth_context.request
        button = self._button(request, email, context.get("code", "")) if has_button else ""
        if "code" in context:
            context = context | {"code": request.mailed_codes[context["code"]]}
        urls = {
            "button": button,
            "request": request,
            "email": email,
            "code_url": absolute(reverse("account_request_login_code")),
            "login_url": absolute(reverse("account_login")),
            "signup_url": absolute(reverse("account_signup")),
            "reset_url": absolute(reverse("account_reset_password")),
        }
        mail = cast("EmailMultiAlternatives", self.render_mail(template_prefix, email, context | urls))
        if "account" in context:
            mail.account = context["account"]  # type: ignore[attr-defined]  # read by events.shared.mail.backends
        if button or template_prefix.endswith("unknown_account"):
            parts = {"button": button, "code": context.get("code", ""), "signup_url": urls["signup_url"]}
            mail.attach_alternative(links.html(str(mail.subject), **parts), "text/html")
        with transaction.atomic():
            mail.send()
            if not is_kept:
                transaction.set_rollback(True)

    @staticmethod
    def _button(request: HttpRequest, email: str, code: str) -> str:
        """The link that logs in whoever opens the mail of a code; none where somebody who is signed in gives a new address."""
        user = None if request.user.is_authenticated else User.objects.filter(email=email.lower()).first()
        way = own_path(request.POST.get("next") or request.GET.get("next") or "", request=request)
        return links.address(user, code=code or secrets.token_urlsafe(24), way=way) if user else ""
