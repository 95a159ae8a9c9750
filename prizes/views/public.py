"""The prize's public page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from events import pages
from events.public import public_page
from prizes import editions


@public_page
def home(request: HttpRequest, forum: str) -> HttpResponse:
    """The prize of a forum: its phases with their dates, and its categories."""
    found = pages.public_forum(forum)
    if found is None:
        raise Http404
    edition = editions.edition_of(forum)
    context = {
        "forum": found,
        "edition": edition,
        "phases": editions.phases(edition, now=timezone.now()) if edition else [],
        "categories": editions.categories(edition) if edition else [],
    }
    return render(request, "prizes/home.html", context)


def category(request: HttpRequest, forum: str, number: int) -> HttpResponse:
    raise Http404


def nominee(request: HttpRequest, forum: str, number: int, code: str) -> HttpResponse:
    raise Http404
