"""The prize's public pages: what to do now, the categories with their nominees, one nominee. The same for everyone."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from events.shared.pages.find_forum import find_forum
from events.shared.pages.public import public_page
from prizes.editions import embargo, end_of_vote, public_edition
from prizes.editions.public_edition import find_edition
from prizes.models import Edition, Honour

KINDS = (Honour.WINNERS, Honour.CHAMPIONS)
FRESH = 60  # seconds that a page is kept: the time left is told in whole minutes, and a phase turns within one


@public_page(seconds=FRESH)
def home(request: HttpRequest, forum: str) -> HttpResponse:
    """The prize of a forum: what to do now, its categories, its phases with their dates, how it goes."""
    return _first_page(request, forum, "home")


@public_page(seconds=FRESH)
def card(request: HttpRequest, forum: str) -> HttpResponse:
    """A fragment for the forum's home page: what to do now."""
    return _first_page(request, forum, "card")


def _first_page(request: HttpRequest, slug: str, page: str) -> HttpResponse:
    """A page that is there without an edition too, and says so."""
    forum, edition = find_forum(slug), public_edition.edition_of(slug)
    if edition is None:
        return render(request, f"prizes/editions/{page}.html", {"forum": forum, "edition": None})
    edition.forum = forum
    more: dict[str, Any] = {}
    if page == "home":
        more = {
            "categories": public_edition.categories(edition),
            "sponsors": public_edition.sponsors(edition),
            "moved_end": end_of_vote.last_move(edition),
        }
    return _page(request, page, edition, now=timezone.now(), **more)


@public_page(seconds=FRESH)
def category(request: HttpRequest, forum: str, number: int) -> HttpResponse:
    """A category with its nominees, once they are published, in the order of the day."""
    edition, now = find_edition(forum), timezone.now()
    row = get_object_or_404(edition.categories.select_related("action_line"), number=number)
    nominees = public_edition.nominees(row, now=now)
    return _page(
        request,
        "category",
        edition,
        now=now,
        category=row,
        nominees=nominees,
        has_sample=any(nominee.is_sample for nominee in nominees),
        neighbours=public_edition.neighbours(row),
    )


@public_page(seconds=FRESH)
def nominee(request: HttpRequest, forum: str, number: int, code: str) -> HttpResponse:
    """A nominee: what it does, which goals it advances and how. A nomination that is none, or withdrew, is not found."""
    edition = find_edition(forum)
    row = get_object_or_404(edition.categories.select_related("action_line"), number=number)
    nomination = public_edition.nominee(row, code=code)
    if nomination is None:
        raise Http404
    return _page(request, "nominee", edition, now=timezone.now(), category=row, nominee=nomination)


def _page(request: HttpRequest, page: str, edition: Edition, *, now: datetime, **more: Any) -> HttpResponse:
    """A page with what each of them says: where the edition stands, and how much of the results is known.

    It lives no longer than that is so: to the end of the phase, or to an announcement.
    """
    timeline = public_edition.Timeline(edition, now)
    lifting = embargo.Lifting.of(edition) if timeline.is_vote_over else embargo.Lifting({})
    context = {
        "forum": edition.forum,
        "edition": edition,
        "now": now,
        "timeline": timeline,
        "known": next((str(kind) for kind in KINDS if lifting.is_lifted(kind, now=now)), ""),
        "is_counted": timeline.is_vote_over and edition.counts.exists(),
    }
    response = render(request, f"prizes/editions/{page}.html", context | more)
    if moments := [moment for moment in (timeline.until, lifting.next(now=now)) if moment]:
        response.life = (min(moments) - now).total_seconds()  # type: ignore[attr-defined]
    return response
