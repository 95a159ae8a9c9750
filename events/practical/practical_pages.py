"""The practical pages of a forum (venue, visa, contact, help), and in which language somebody reads each."""

from typing import NamedTuple

from events.models import Forum, PracticalPage
from events.models.programme import Language
from events.shared.formatting.text_language import language_of


class PageInLanguage(NamedTuple):
    """A page in the language of whoever reads it, or else in its own."""

    slug: str
    title: str
    text: str
    other_language: str  # where it is not in the language that was asked for

    @property
    def language_name(self) -> str:
        return str(Language(self.other_language).label)


def shown(page: PracticalPage, *, language: str) -> PageInLanguage:
    """What a page says in a language: there are title and text, or neither."""
    if said := page.translations.get(language):
        return PageInLanguage(page.slug, said["title"], said["text"], "")
    own = language_of(f"{page.title} {page.text}")
    return PageInLanguage(page.slug, page.title, page.text, own if own != language else "")


def pages(forum: Forum, *, language: str) -> list[PageInLanguage]:
    """The public pages of a forum in the order of its menu. One query."""
    return [shown(page, language=language) for page in forum.practical_pages.public()]
