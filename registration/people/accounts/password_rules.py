"""Which new passwords are too easy to guess: common ones, and those made of common words, of names or of the site's words.

The lists are those of the package zxcvbn (MIT): 30,000 passwords out of leaks, frequent words, names.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# What somebody tries first who guesses passwords of this site.
SITE_WORDS = [
    *("wsis", "forum", "wsisforum", "summit", "information", "society", "geneva", "itu", "unesco", "unctad", "undp"),
    *(
        "prize",
        "prizes",
        "wsisprizes",
        "champion",
        "champions",
        "winner",
        "organiser",
        "stakeholder",
        "actionline",
        "sdg",
    ),
]
LEAST = 8  # as a power of ten: how many guesses it takes at least
OWN_LETTERS = 6  # a password with such words in it has so many letters besides
LOOKED_AT = 72  # characters: looking at more takes long


class GuessableValidator:
    """Django's validator of new passwords. Refuses `password-guessable`."""

    def validate(self, password: str, user: Any = None) -> None:
        from zxcvbn import zxcvbn  # its lists take 10 MB, and only who chooses a password needs them

        words = [*SITE_WORDS, *_own_words(user)]
        found = zxcvbn(password[:LOOKED_AT], user_inputs=words)
        if found["guesses_log10"] < LEAST or _is_made_of(words, password):
            raise ValidationError(self.get_help_text(), code="password-guessable")

    def get_help_text(self) -> str:
        return _("This password is easy to guess. Take several words that have nothing to do with each other")


def _is_made_of(words: list[str], password: str) -> bool:
    """Whether a password is such words, with digits and signs between them, and little else."""
    rest = text = password.casefold()
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word.casefold(), " ")
    return rest != text and sum(map(str.isalpha, rest)) < OWN_LETTERS


def _own_words(user: Any) -> list[str]:
    words = f"{getattr(user, 'email', '')} {getattr(user, 'name', '')}".replace("@", " ").replace(".", " ")
    return [word for word in words.split() if len(word) > 2]
