"""Pages of the log-in with an account of the organisation. Where the setting names none, they are not there."""

from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from events.shared.pages.personal import arrival, person, personal
from events.shared.pages.rate_limits import MINUTE, is_over
from registration.people.accounts.adapter import AccountAdapter, own_path
from registration.people.accounts.log_ins.networks import network_of
from registration.people.accounts.staff_login import adapter
from registration.people.accounts.staff_login.provider import Server
from registration.people.accounts.staff_login.provider import organisation as named
from registration.people.accounts.views import asks_first

LANGUAGE = "organisation_language"  # in the session: of the page from which somebody left
BEGUN = 100  # log-ins that a network may begin in a stretch
STRETCH = 10 * MINUTE


def _leave(request: HttpRequest, process: str, *, back: str = "") -> HttpResponse:
    """A page that leads to the organisation's server at once, for whom it says who they are. It is no redirect of a form: those may
    lead to this site only, and the organisation may redirect to another server still."""
    begun = f"staff log-in:{network_of(request.META)}"
    if is_over(begun, limit=BEGUN, seconds=STRETCH, now=arrival(request)):
        adapter.refuse(request, str(AccountAdapter.error_messages["too_many_login_attempts"]))
    request.session[LANGUAGE] = translation.get_language()
    try:
        address = named(request).redirect(request, process, next_url=back or None)["Location"]
    except OAuth2Error:
        adapter.refuse_away(request)
    answer = render(request, "account/to_organisation.html", {"address": address, "name": settings.STAFF_LOGIN["name"]})
    answer["Refresh"] = f"0; url={address}"
    return answer


@never_cache
def log_in(request: HttpRequest) -> HttpResponse:
    """POST begins the log-in; the button stands on the page of the log-in."""
    named(request)
    if request.method != "POST" or request.user.is_authenticated:
        return redirect("account_login")
    return _leave(request, AuthProcess.LOGIN, back=own_path(request.POST.get("next", ""), request=request))


def _page(request: HttpRequest) -> HttpResponse:
    user = person(request)
    name = adapter.of(user)
    if not name:
        raise Http404
    own = SocialAccount.objects.filter(user=user).exists()
    if request.method == "POST" and own:
        adapter.disconnect(request, user)
        messages.success(request, _("It is removed. Nobody logs in by it any more."))
        return redirect("account_organisation")
    if request.method == "POST":
        return _leave(request, AuthProcess.CONNECT)
    return render(request, "account/organisation.html", {"name": name, "is_connected": own})


# For staff, and for who was and has one still: POST connects the account of the organisation, or removes it.
organisation = personal(asks_first(_page, of=lambda _request: True))


@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    """Where the organisation's server sends people back to, in the language in which they left."""
    server = Server(request, named(request).app.provider_id)
    translation.activate(request.session.get(LANGUAGE, settings.LANGUAGE_CODE))
    try:
        answer: HttpResponse = OAuth2CallbackView.adapter_view(server)(request)
    except OAuth2Error:
        adapter.refuse_away(request)
    except IntegrityError:  # connected with another account at the same moment
        adapter.refuse(request, _("This account of %(organisation)s is connected with another account here"))
    return answer
