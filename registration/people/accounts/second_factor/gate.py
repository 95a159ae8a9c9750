"""Who may enter the organisers' site shows a second step first. Until it is set up they see only the page that does so.

The session remembers that its person has shown it (allauth's records), so a request of somebody who has asks nothing. A session
from before, or one that was stolen while the password was enough, shows it first like any other.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from events.shared.pages.second_step import SecondStepFirst, is_missing


def way_to(request: HttpRequest) -> str:
    """Where somebody shows their second step, or sets it up, and comes back from to the page that was asked for."""
    ways = get_adapter().get_reauthentication_methods(request.user)
    address = next((way["url"] for way in ways if "mfa" in way["id"]), reverse("mfa_index"))
    wanted = request.get_full_path() if request.method == "GET" else reverse("admin:index")
    return f"{address}?{urlencode({'next': wanted})}"


class Gate:
    """Stands before the organisers' site, before every page of a person (`events.shared.pages.personal`), and before whatever raises
    `SecondStepFirst`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], _args: Any, _parts: Any
    ) -> HttpResponse | None:
        """Send who has not shown a second step, and needs one, to where that is done."""
        match = request.resolver_match
        is_guarded = getattr(view, "is_personal", False) or (match is not None and "admin" in match.app_names)
        return HttpResponseRedirect(way_to(request)) if is_guarded and is_missing(request) else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return HttpResponseRedirect(way_to(request)) if isinstance(exception, SecondStepFirst) else None
