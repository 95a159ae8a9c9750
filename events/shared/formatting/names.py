"""How names are written for people, in the page's language: reference rows, countries, languages, forums, files."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext, gettext_noop

from events.models import SDG, ActionLine, Country, Forum, Room, Session, SessionType, Theme, Track
from events.models.programme import Language
from events.shared.formatting import markdown
from events.shared.formatting.text_language import Translated, language_of
from events.shared.once_a_revision import once_a_revision

FORUM_NAMES = {
    gettext_noop("WSIS Forum %(year)s"),
    gettext_noop("WSIS Forum %(year)s (sample)"),
    gettext_noop("WSIS Prizes %(year)s"),
}
# The organisations that hold the forum: other languages have other initials.
HOLDERS = {gettext_noop("ITU"), gettext_noop("UNESCO"), gettext_noop("UNDP"), gettext_noop("UNCTAD")}


def in_language[T: str | None](
    text: T, *, said: Mapping[str, Mapping[str, Any]] | None, part: str = "name", language: str = ""
) -> T | Translated:
    """What a text is in a language (else the page's) where its organisers `said` it (`columns.translations`); else the text itself."""
    own = (said or {}).get(language or get_language() or "", {}).get(part)
    return Translated(own) if own else text


def local_text(row: Any, part: str) -> str:
    """What a field of a row says in the page's language, where its organisers wrote it or the catalogue knows it; else as it
    stands."""
    text = in_language(getattr(row, part), said=row.translations, part=part)
    return text if isinstance(text, Translated) else term(text)


def session_text(session: Session, part: str = "title", *, language: str = "") -> str:
    """The title or the description of a session in a language, else the page's; as it stands where nobody wrote it in that one.
    The catalogue is not asked: a session may be called “Closed”."""
    return in_language(getattr(session, part), said=session.translations, part=part, language=language)


def beginning(text: str) -> str:
    """How a Markdown text begins, in one line without marks."""
    return Truncator(" ".join(markdown.plain(text).split())).chars(150)


class RowInLanguage(NamedTuple):
    """A row with title and text (a practical page, news) in the language of whoever reads it, or else in its own."""

    row: Any
    title: str
    text: str
    other_language: str  # where it is not in the language that was asked for

    @property
    def language_name(self) -> str:
        return str(Language(self.other_language).label)

    @property
    def summary(self) -> str:
        return beginning(self.text)


def row_in_language(row: Any, *, language: str = "") -> RowInLanguage:
    """What a row says in a language, else the page's: there are title and text, or neither. In which language they are, the row
    says (`language`), or their letters."""
    language = language or get_language() or ""
    if said := row.translations.get(language):
        return RowInLanguage(row, said["title"], said["text"], "")
    own = getattr(row, "language", "") or language_of(f"{row.title} {row.text}")
    return RowInLanguage(row, row.title, row.text, own if own != language else "")


def said_choices(row: Any) -> list[tuple[str, str]]:
    """(answer, name in the page's language) of a question's choices. Answers are kept as the forum says them."""
    names = (row.translations or {}).get(get_language() or "", {}).get("choices") or row.choices
    return list(zip(row.choices, names if len(names) == len(row.choices) else row.choices, strict=True))


def term(value: object) -> str:
    """The name of a row (type, track, room …), or a word of the reference data, in the page's language where it is known."""
    if hasattr(value, "translations"):
        return local_text(value, getattr(value, "named_by", "name"))
    text = str(value or "")
    return gettext(text) if text else ""


def listed(values: Iterable[object]) -> str:
    """Names in one line: “ITU, UNESCO”."""
    return gettext(", ").join(map(term, values))


def folded(text: str) -> str:
    """Text as it is compared and sorted: without accents and vowel signs, in lower case, compatible characters made one."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold()


def country_choices() -> list[tuple[str, str]]:
    """The countries for a list to choose from, in the page's language, sorted as people read them."""
    return [("", gettext("Choose a country")), *_country_names(get_language())]


@once_a_revision
def _country_names(_language: str | None) -> list[tuple[str, str]]:
    names = [(country.code, term(country)) for country in Country.objects.all()]
    return sorted(names, key=lambda pair: folded(pair[1]))


def row_name(row: Any) -> str:
    """A row as organisers choose it, and read it in lists: in the page's language where its name is known there, else its text."""
    if isinstance(row, Forum):
        return forum_name(row)
    if isinstance(row, ActionLine | SDG):
        return f"{row.label} {term(row.short_name if isinstance(row, ActionLine) else row.title)}"
    return local_text(row, "name") if isinstance(row, Country | SessionType | Theme | Track | Room) else str(row)


def known_language(code: str) -> str:
    """A language of the site; its first for a code that is not known, so that one bad row stops nobody's mail."""
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def language_names(codes: Iterable[str]) -> str:
    """Names of the languages a session is held or captioned in: “English, French”."""
    return gettext(", ").join(str(Language(code).label) for code in codes if code in Language.values)


def access_words(session: Any) -> list[str]:
    """How a session (or what files hold of it) can be followed, a line each: its languages, interpretation, captions, sign, and
    where it is broadcast. For texts without markup."""
    lines = [
        (gettext("Languages: %(names)s"), language_names(session.spoken)),
        (gettext("Interpretation: %(names)s"), language_names(session.interpreted)),
        (gettext("Captions: %(names)s"), language_names(session.captioning)),
    ]
    words = [line % {"names": names} for line, names in lines if names]
    if session.has_sign:
        words.append(gettext("International Sign"))
    if session.broadcast_url:
        words.append(gettext("Broadcast: %(address)s") % {"address": session.broadcast_url})
    return words


def forum_name(named: Forum | str) -> str:
    """The name of a forum, or of its prizes, in the page's language: as its organisers wrote it, or as the catalogue knows those
    with a year; else as it stands."""
    name = local_text(named, "name") if isinstance(named, Forum) else named
    match = re.search(r"\b\d{4}\b", name)
    pattern = name.replace(match[0], "%(year)s") if match else ""
    return gettext(pattern) % {"year": match[0]} if match and pattern in FORUM_NAMES else name


def file_note(name: str, *, size: int) -> str:
    """The kind and size of a file: “PDF, 240 kB”. `size` in bytes."""
    kind = name.rpartition(".")[2].upper()[:5] if "." in name else ""
    number = f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000))} kB"
    return f"{kind}, {number}" if kind else number
