"""Personal pages of this app: a visitor is sent to the log-in and comes back; no cache may keep them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control

from events.models import Forum, User
from events.programme import other_pages

type View = Callable[..., HttpResponse]

private = cache_control(private=True, no_store=True)


def personal(view: View) -> View:
    """A page of one person."""
    guarded: View = private(login_required(view))
    return guarded


def person(request: HttpRequest) -> User:
    """The signed-in person of a personal page."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def find_forum(slug: str) -> Forum:
    """The public forum with this slug, as whole pages show it; else 404."""
    forum = other_pages.public_forum(slug)
    if forum is None:
        raise Http404
    return forum


def arrival(request: HttpRequest) -> datetime:
    """When the request arrived, taken once (config.middleware): deadlines count from it."""
    found: datetime = getattr(request, "arrived", None) or timezone.now()
    return found


def number_sent(text: str) -> int | None:
    """A whole number that a page sent, as of a row or a revision; None for what is none, or has over nine digits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


# A button beside a row: its rule, what the rule calls the row, and what is said afterwards.
type Button = tuple[Callable[..., object], str, Any]


def press(request: HttpRequest, thing: object, *, button: Button) -> None:
    """Do to the `row` that was sent what a button beside it says, and tell how it went."""
    rule, name, done = button
    row = number_sent(request.POST.get("row", "")) or 0
    try:
        rule(thing, by=person(request), now=arrival(request), **{name: row})
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, str(done))
