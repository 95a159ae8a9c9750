"""Pages of accounts where allauth has none, or asks too little."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.views import BaseReauthenticateView, password_change, password_set
from allauth.core.exceptions import ReauthenticationRequired
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from events.shared.pages.personal import arrival, person
from events.shared.rights.two_people.presence import has_second_factor
from registration.people.accounts import reauthentication
from registration.people.accounts.forms import ConfirmLoginCodeForm, SendCodeForm
from registration.people.accounts.log_ins.links import OpenedLink

type View = Callable[..., HttpResponse]


def asks_first(view: View, *, of: Callable[[HttpRequest], bool]) -> View:
    """A page with a password in its form: its person shows once more who they are (`of`: of whom that is asked). What was
    sent is not kept until then, as allauth does it in the session: the page is asked for again."""

    asked: View = reauthentication_required(view, enabled=of, app="account")

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        try:
            return asked(request)
        except ReauthenticationRequired:
            if request.method == "POST":
                return HttpResponseRedirect(request.get_full_path())
            raise

    return guarded


set_password = asks_first(password_set, of=lambda request: not person(request).has_usable_password())
# Who has a password only gives that on the page itself.
change_password = asks_first(password_change, of=lambda request: has_second_factor(person(request)))


@require_http_methods(["GET", "HEAD", "POST"])
def log_in_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Where the button of a mail leads: a page with a button, which logs in the browser that shows it. The address of the page is
    a secret: no other page learns it."""
    opened = OpenedLink.read(token)
    if opened and request.method == "POST":
        try:
            return opened.log_in(request, now=arrival(request))
        except ValidationError:  # used a moment ago
            opened = None
    context = {"email": opened.user.email if opened else ""}
    answer = render(request, "account/log_in_by_link.html", context)
    answer["Referrer-Policy"] = "strict-origin"
    return answer


@method_decorator(login_required, name="dispatch")
class ReauthenticateByMail(BaseReauthenticateView):
    """For who has neither a password nor a second step. The first button has a code mailed, the second one takes it."""

    template_name = "account/reauthenticate_by_mail.html"

    def dispatch(self, request: HttpRequest, *args: Any, **parts: Any) -> HttpResponse:
        self.awaited = reauthentication.awaited_code(request, now=arrival(request))
        answer: HttpResponse = super().dispatch(request, *args, **parts)
        return answer

    def get_form(self, form_class: Any = None) -> forms.Form:
        sent = self.request.POST if self.request.method == "POST" else None
        if not self.awaited or (sent and sent.get("action") == "resend"):
            return SendCodeForm(sent)
        return ConfirmLoginCodeForm(sent, code=self.awaited)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        if isinstance(form, SendCodeForm):
            reauthentication.mail_code(self.request, now=arrival(self.request))
            return self._again()
        reauthentication.accept_code(self.request, now=arrival(self.request))
        answer: HttpResponse = super().form_valid(form)
        return answer

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        if isinstance(form, SendCodeForm) or reauthentication.count_wrong_code(self.request):
            answer: HttpResponse = super().form_invalid(form)
            return answer
        messages.error(self.request, _("The code was wrong three times. Ask for a new one"))
        return self._again()

    def _again(self) -> HttpResponse:
        return HttpResponseRedirect(self.passthrough_next_url(self.request.path))

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**more)
        return context | {
            "email": person(self.request).email,
            "is_sent": isinstance(context["form"], ConfirmLoginCodeForm),
        }
