"""The practical pages of a forum: the list, and one of them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from events.practical import practical_pages
from events.shared.pages.find_forum import find_forum
from events.shared.pages.public import public_page


@public_page
def pages(request: HttpRequest, forum: str) -> HttpResponse:
    """The list of the practical pages."""
    found = find_forum(forum)
    context = {"forum": found, "pages": practical_pages.pages(found, language=get_language() or "")}
    return render(request, "events/practical/pages.html", context)


@public_page
def page(request: HttpRequest, forum: str, page: str) -> HttpResponse:
    """One page, beside the menu of all."""
    found = find_forum(forum)
    known = practical_pages.pages(found, language=get_language() or "")
    shown = next((one for one in known if one.slug == page), None)
    if shown is None:
        raise Http404
    return render(request, "events/practical/page.html", {"forum": found, "pages": known, "page": shown})
