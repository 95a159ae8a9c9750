"""Who may see a personal page, whose it is, and the way back."""

from urllib.parse import urlsplit

from django.http import Http404, HttpRequest
from django.urls import reverse

from events.models import Forum, Session
from registration.accounts.adapter import own_path
from registration.models import Registration


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


def own_registration(request: HttpRequest, forum: Forum) -> Registration:
    """As `find_registration`; 404 where there is none."""
    registration = find_registration(request, forum)
    if registration is None:
        raise Http404
    return registration


def way_back(request: HttpRequest, forum: Forum) -> str:
    """The path of this site where the visitor came from: the form's `next`, the address's, the Referer; else the agenda."""
    given = request.POST.get("next") or request.GET.get("next") or request.headers.get("Referer", "")
    path = own_path(given, request=request)
    place = urlsplit(path).path
    is_none = place in {"", request.path} or "/accounts/" in place
    return reverse("registration:agenda", args=[forum.slug]) if is_none else path
