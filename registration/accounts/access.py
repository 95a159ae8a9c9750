"""Who may see a personal page, whose it is, and the way back."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import cache_control

from events.models import Forum, Session, User
from events.programme import other_pages
from registration.accounts.adapter import own_path
from registration.models import Registration

type View = Callable[..., HttpResponse]

private = cache_control(private=True, no_store=True)


def personal(view: View) -> View:
    """A page of one person: a visitor is sent to the log-in and comes back; no cache may keep it."""
    guarded: View = private(login_required(view))
    return guarded


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


def find_forum(slug: str) -> Forum:
    """The public forum with this slug; else 404."""
    forum = other_pages.public_forum(slug)
    if forum is None:
        raise Http404
    return forum


def bare_forum(slug: str) -> Forum:
    """The public forum without what only a whole page shows: one query; else 404."""
    forum = Forum.objects.public().filter(slug=slug).first()
    if forum is None:
        raise Http404
    return forum


def find_session(forum: Forum, *, code: str, user: object = None) -> Session:
    """A session of the forum that the public may see, or that the user has booked (an embargo that came later does
    not take it away); else 404."""
    found = Session.objects.select_related("room", "type").filter(forum=forum, code=code)
    session = found.public().first()
    if session is None and user is not None:
        own = Registration.objects.of(user).active()
        session = found.released().filter(bookings__registration__in=own).first()
    if session is None:
        raise Http404
    session.forum = forum
    return session


def find_registration(request: HttpRequest, forum: Forum) -> Registration | None:
    """The visitor's own active registration for a forum."""
    registration = Registration.objects.of(request.user).active().filter(forum=forum).first()
    if registration is not None:
        registration.forum = forum
    return registration


def way_back(request: HttpRequest, *, default: str) -> str:
    """The path of this site where the visitor came from: the form's `next`, the address's, the Referer; else `default`."""
    given = request.POST.get("next") or request.GET.get("next") or request.headers.get("Referer", "")
    path = own_path(given, request=request)
    place = urlsplit(path).path
    return default if place in {"", request.path} or "/accounts/" in place else path
