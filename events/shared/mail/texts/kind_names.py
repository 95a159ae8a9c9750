"""What mails of a kind are called in the outbox."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from events.shared.mail.texts.originals import ORIGINALS

# Of kinds that are written in several words, or in none that organisers edit: the rooms add theirs (`named`).
NAMES: dict[str, Any] = {"account": _("Log-in codes and links")}


def named(kind: str, name: Any) -> str:
    """Give a kind of mails a name; return the kind."""
    NAMES[kind] = name
    return kind


def is_named(kind: str) -> bool:
    """Whether a kind has a name in words."""
    return kind in NAMES or kind in ORIGINALS


def with_word(word: str) -> list[str]:
    """The kinds whose names, in the active language, hold a word or a part of one."""
    return [kind for kind in (*NAMES, *ORIGINALS) if word.casefold() in name_of(kind).casefold()]


def name_of(kind: str) -> str:
    """The name of a kind in the active language. A kind that nobody writes any more is its own."""
    return str(NAMES.get(kind) or (ORIGINALS[kind].name if kind in ORIGINALS else kind))
