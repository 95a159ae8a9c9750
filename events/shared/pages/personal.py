"""Personal pages: a visitor is sent to the log-in and comes back; no cache may keep them."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from events.models import User
from events.shared.formatting.numbers import whole_number

type View = Callable[..., HttpResponse]

private = cache_control(private=True, no_store=True)


def personal(view: View) -> View:
    """A page of one person: a visitor is sent to the log-in and comes back; no cache may keep it."""
    guarded: View = private(login_required(view))
    guarded.is_personal = True  # type: ignore[attr-defined]  # what stands before all of them looks for it
    return guarded


def takes_files(most: int) -> Callable[[View], View]:
    """A view whose form may bring so many documents: bodies elsewhere are small (config.middleware.BodyLimit)."""

    def decorate(view: View) -> View:
        view.files_taken = most  # type: ignore[attr-defined]
        return view

    return decorate


def post_only(name: str) -> Callable[[View], View]:
    """A view that acts on POST; whoever comes by a link (back from the log-in) goes to the page `name`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, forum: str, **parts: Any) -> HttpResponse:
            if request.method != "POST":
                return HttpResponseRedirect(reverse(name, args=[forum]))
            return view(request, forum=forum, **parts)

        return guarded

    return decorate


def person(request: HttpRequest) -> User:
    """The signed-in person of a personal page."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def arrival(request: HttpRequest) -> datetime:
    """When the request arrived, taken once (config.middleware): deadlines count from it."""
    found: datetime = getattr(request, "arrived", None) or timezone.now()
    return found


# A button beside a row: its rule, what the rule calls the row, and what is said afterwards.
type Button = tuple[Callable[..., object], str, Any]


def press(request: HttpRequest, thing: object, *, button: Button) -> None:
    """Do to the `row` that was sent what a button beside it says, and tell how it went."""
    rule, name, done = button
    row = whole_number(request.POST.get("row", "")) or 0
    try:
        rule(thing, by=person(request), now=arrival(request), **{name: row})
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, str(done))


def asked_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    yes: Callable[..., object],
    no: Callable[..., object],
    to: str,
    done: str = "",
) -> HttpResponse:
    """The page of a link by which somebody is asked: whoever has it reads it, and says no by POST (`answer`: no); who is logged in
    says yes by POST, is told that it is `done`, and goes on `to` another page. A GET changes nothing."""
    reasons: list[str] = []
    if request.method == "POST":
        is_no = request.POST.get("answer") == "no"
        if not is_no and not request.user.is_authenticated:
            return redirect_to_login(request.path)
        try:
            no(now=arrival(request)) if is_no else yes(by=person(request), now=arrival(request))
        except ValidationError as refusal:
            reasons = refusal.messages
        else:
            if done and not is_no:
                messages.success(request, done)
            return HttpResponseRedirect(request.path if is_no else to)
    return render(request, template, {**context, "reasons": reasons, "page": request.path})


def by_mail_programs(view: View) -> View:
    """An unsubscribe address. Mail programs post here without any cookie; the signed token is what proves the right to."""
    taken: View = csrf_exempt(require_http_methods(["GET", "HEAD", "POST"])(private(view)))
    return taken


def unsubscribe_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, set_wanted: Callable[..., object]
) -> HttpResponse:
    """The page of an unsubscribe address (RFC 8058): a GET only shows, a POST acts, without log-in or cookie: it stops mails, or sends
    them again (`wanted=yes`)."""
    if request.method != "POST":
        return render(request, template, context)
    set_wanted(wanted=request.POST.get("wanted") == "yes", now=arrival(request))
    if "List-Unsubscribe" in request.POST:  # a mail program: it follows no redirect
        return HttpResponse("", content_type="text/plain")
    return HttpResponseRedirect(request.path, status=303)
