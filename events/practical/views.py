"""The practical pages of a forum (venue, visa, contact, help): the list, and one of them, in the language of whoever reads it."""

from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from events.models import Forum, PracticalPage
from events.models.programme import Language
from events.shared.formatting.text_language import language_of
from events.shared.pages.find_forum import find_forum
from events.shared.pages.public import public_page


class PageInLanguage(NamedTuple):
    """A page in the language of whoever reads it, or else in its own."""

    slug: str
    title: str
    text: str
    other_language: str  # where it is not in the language that was asked for

    @property
    def language_name(self) -> str:
        return str(Language(self.other_language).label)


def _shown(page: PracticalPage, *, language: str) -> PageInLanguage:
    """What a page says in a language: there are title and text, or neither."""
    if said := page.translations.get(language):
        return PageInLanguage(page.slug, said["title"], said["text"], "")
    own = language_of(f"{page.title} {page.text}")
    return PageInLanguage(page.slug, page.title, page.text, own if own != language else "")


def _pages(forum: Forum) -> list[PageInLanguage]:
    """The public pages of a forum in the order of its menu. One query."""
    return [_shown(page, language=get_language() or "") for page in forum.practical_pages.public()]


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
    shown = next((one for one in known if one.slug == page), None)
    if shown is None:
        raise Http404
    return render(request, "events/practical/page.html", {"forum": found, "pages": known, "page": shown})
