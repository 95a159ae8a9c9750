"""In which language people wrote a text: what a screen reader needs to know where it is another one than the page's (WCAG 3.1.2)."""

import re

from django.conf import settings
from django.utils.translation import get_language, gettext

# What letters tell. Those of Latin are taken for the site's own language, in which sessions and speakers are asked for.
LETTERS = {
    "ar": re.compile(r"[\u0620-\u06ff]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "zh": re.compile(r"[\u4e00-\u9fff]"),
}
LETTER = re.compile(r"[^\W\d_]")
BEGINNING = 300  # characters that are looked at


class Translated(str):
    """A text that its writers gave in the language of the page."""


def language_of(text: str) -> str:
    """The language that most letters of a text belong to."""
    beginning = text[:BEGINNING]
    half = len(LETTER.findall(beginning)) / 2
    counts = {code: len(letters.findall(beginning)) for code, letters in LETTERS.items()}
    return next((code for code, count in counts.items() if count > half), settings.LANGUAGE_CODE)


def other_language(text: str) -> str:
    """The language of a text that was not translated, where it is another one than the page's; else empty.

    A name that the catalogue knows (a type, a theme) appears translated: `events.shared.formatting.names.term`.
    """
    if isinstance(text, Translated):
        return ""
    page = get_language() or settings.LANGUAGE_CODE
    language = language_of(text)
    return "" if language == page or gettext(text) != text else language
