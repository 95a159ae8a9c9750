"""The prize's public pages: what to do now, the categories with their nominees, one nominee. The same for everyone."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from events.models import Forum
from events.pages.find_forum import find_forum
from events.pages.public import public_page
from prizes.editions import embargo, public_edition
from prizes.models import Announcement, Category, Edition

KINDS = (Announcement.Kind.WINNERS, Announcement.Kind.CHAMPIONS)
FRESH = 60  # seconds that a page is kept: the time left is told in whole minutes, and a phase turns within one


@public_page(seconds=FRESH)
def home(request: HttpRequest, forum: str) -> HttpResponse:
    """The prize of a forum: what to do now, its categories, its phases with their dates, how it goes."""
    found, now = find_forum(forum), timezone.now()
    edition = public_edition.edition_of(forum)
    if edition is None:
        return render(request, "prizes/editions/home.html", {"forum": found, "edition": None})
    context = {
        **_frame(found, edition=edition, now=now),
        "phases": public_edition.phases(edition, now=now),
        "categories": public_edition.categories(edition),
        "sponsors": public_edition.sponsors(edition),
    }
    return _turning(render(request, "prizes/editions/home.html", context), context)


@public_page(seconds=FRESH)
def card(request: HttpRequest, forum: str) -> HttpResponse:
    """A fragment for the forum's home page: what to do now."""
    found, now = find_forum(forum), timezone.now()
    edition = public_edition.edition_of(forum)
    context = _frame(found, edition=edition, now=now) if edition else {"forum": found, "edition": None}
    return _turning(render(request, "prizes/editions/card.html", context), context)


@public_page(seconds=FRESH)
def category(request: HttpRequest, forum: str, number: int) -> HttpResponse:
    """A category with its nominees, once they are published, in the order of the day."""
    found, now = find_forum(forum), timezone.now()
    row = _category(forum, number=number)
    nominees = public_edition.nominees(row, now=now)
    context = {
        **_frame(found, edition=row.edition, now=now),
        "category": row,
        "nominees": nominees,
        "has_sample": any(nominee.is_sample for nominee in nominees),
        "neighbours": public_edition.neighbours(row),
    }
    return _turning(render(request, "prizes/editions/category.html", context), context)


@public_page(seconds=FRESH)
def nominee(request: HttpRequest, forum: str, number: int, code: str) -> HttpResponse:
    """A nominee: what it does, which goals it advances and how. A nomination that is none, or withdrew, is not found."""
    found, now = find_forum(forum), timezone.now()
    row = _category(forum, number=number)
    nomination = public_edition.nominee(row, code=code)
    if nomination is None:
        raise Http404
    context = {**_frame(found, edition=row.edition, now=now), "category": row, "nominee": nomination}
    return _turning(render(request, "prizes/editions/nominee.html", context), context)


def _category(slug: str, *, number: int) -> Category:
    row = public_edition.category_of(slug, number=number)
    if row is None:
        raise Http404
    return row


def _frame(forum: Forum, *, edition: Edition, now: datetime) -> dict[str, Any]:
    """What every page of an edition says: where it stands, and how much of the results is known."""
    course = public_edition.course(edition, now=now)
    lifting = embargo.Lifting.of(edition) if course.is_vote_over else embargo.Lifting({})
    known = next((str(kind) for kind in KINDS if lifting.is_lifted(kind, now=now)), "")
    moments = [moment for moment in (course.until, lifting.next(now=now)) if moment]
    is_counted = course.is_vote_over and public_edition.is_counted(edition)
    return {
        "forum": forum,
        "edition": edition,
        "now": now,
        "course": course,
        "known": known,
        "is_counted": is_counted,
        "turns": min(moments, default=None),
    }


def _turning(response: HttpResponse, context: dict[str, Any]) -> HttpResponse:
    """Let a page live no longer than what it says is so: to the end of the phase, or to an announcement."""
    if context.get("turns"):
        response.life = (context["turns"] - context["now"]).total_seconds()  # type: ignore[attr-defined]
    return response
