"""Who may see a personal page, whose it is, and the way back."""

from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.contrib.messages import get_messages
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from events.models import Forum, Session
from events.shared.once_a_revision import once_a_revision
from events.shared.pages.find_forum import bare_forum
from registration.models import Registration, Waiting
from registration.people.accounts.adapter import own_path

PART_OF = "X-Part-Of"  # the header in which the script says what page it puts a fragment into


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


# What the pages of a booking show of a session: its description and the like stay in the database.
SHOWN = (
    *("forum", "code", "title", "type", "starts", "ends", "state", "capacity", "broadcast_url", "embargoed_until"),
    *("translations", "room__name", "room__translations", "room__capacity"),
)


# Put together once: a page adds its person, who has one registration for a forum at the most.
ACTIVE: Any = Registration.objects.active().order_by()
# The same with what booking asks of a person, once for each session that they have booked.
_FOR_BOOKING = ACTIVE.only("forum", "user", "kind", "time_zone", "wants_reminders").annotate(
    booked=F("bookings__session")
)


class Bookable(NamedTuple):
    """A session as somebody who may book it sees it, their own active registration, and the keys of the sessions that they booked."""

    session: Session
    registration: Registration | None
    booked: set[int]

    @property
    def is_booked(self) -> bool:
        return self.session.pk in self.booked


def find_bookable(request: HttpRequest, slug: str, *, code: str, even_hidden: bool = False, now: datetime) -> Bookable:
    """A session of the public forum of an address that the public may see at a moment, and what the visitor has to do with it; else
    404. One query for those who are signed in, besides `bare_forum` and `_released`.

    `even_hidden`: also one that this person has booked or waits for, and that is under an embargo.
    """
    session, rows = _released(slug, code), _own(request, slug, rows=_FOR_BOOKING)
    registration = rows[0] if rows else None
    found = Bookable(session, registration, {row.booked for row in rows if row.booked})
    is_hidden = session.embargoed_until is not None and session.embargoed_until > now
    own = {"session": session.pk, "registration": registration}
    is_own = found.is_booked or (is_hidden and registration is not None and Waiting.objects.filter(**own).exists())
    if is_hidden and not (even_hidden and is_own):
        raise Http404
    return found


@once_a_revision
def _released(slug: str, code: str) -> Session:
    """A session that a release has shown, under an embargo or not, with its room; else 404. All requests of a revision share it."""
    forum = bare_forum(slug)
    rows = Session.objects.released().select_related("room").only(*SHOWN)
    session = get_object_or_404(rows, forum=forum, code=code)
    session.forum = forum
    return session


def _own(request: HttpRequest, slug: str, *, rows: QuerySet[Any]) -> list[Any]:
    """Rows of the visitor's registration for the public forum of an address (else 404)."""
    forum = bare_forum(slug)
    found = list(rows.filter(user=request.user.pk, forum=forum.pk)) if request.user.is_authenticated else []
    for row in found:
        row.forum = forum
    return found


def find_own(
    request: HttpRequest, slug: str, *, rows: QuerySet[Registration] = ACTIVE
) -> tuple[Forum, Registration | None]:
    """The public forum of an address (else 404), and the visitor's own active registration for it. One query for those who
    are signed in, besides `bare_forum`. `rows`: active ones, with what a page wants to know of them besides."""
    return bare_forum(slug), next(iter(_own(request, slug, rows=rows)), None)


def has_asked(user: object, forum: Forum) -> bool:
    """Whether a person has registered and takes no part, because nobody has approved it."""
    return (
        Registration.objects.of(user).standing().filter(forum=forum).exclude(state=Registration.State.APPROVED).exists()
    )


def own_registration(request: HttpRequest, slug: str) -> Registration:
    """The visitor's own active registration for the public forum of an address; 404 where there is none."""
    _forum, registration = find_own(request, slug)
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


def answer(request: HttpRequest, forum: Forum, *, code: str, back: str, is_booked: bool) -> HttpResponse:
    """After a booking was made, given up or refused: what the script puts where the button was, with the messages; without the
    script the way `back`."""
    if PART_OF not in request.headers:
        return HttpResponseRedirect(back)
    context = {"forum": forum, "code": code, "is_booked": is_booked, "flashes": get_messages(request)}
    return render(request, "registration/agenda/done.html", context)
