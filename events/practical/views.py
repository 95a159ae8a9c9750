"""The practical pages of a forum (venue, visa, contact, help): the list, and one of them, in the language of whoever reads it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from events.models import Forum
from events.shared.formatting.names import RowInLanguage, row_in_language
from events.shared.pages.find_forum import find_forum
from events.shared.pages.public import public_page


def _pages(forum: Forum) -> list[RowInLanguage]:
    """The public pages of a forum in the order of its menu. One query."""
    return [row_in_language(page) for page in forum.practical_pages.public()]


@public_page
def pages(request: HttpRequest, forum: str) -> HttpResponse:
    """The list of the practical pages."""
    found = find_forum(forum)
    return render(request, "events/practical/pages.html", {"forum": found, "pages": _pages(found)})


@public_page
def page(request: HttpRequest, forum: str, page: str) -> HttpResponse:
    """One page, beside the menu of all."""
    found = find_forum(forum)
    known = _pages(found)
    shown = next((one for one in known if one.row.slug == page), None)
    if shown is None:
        raise Http404
    return render(request, "events/practical/page.html", {"forum": found, "pages": known, "page": shown})
