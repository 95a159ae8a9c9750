"""When two titles, or two entities, are the same, and when they are so near that a person has to look. No database."""

import hashlib
import unicodedata
from difflib import SequenceMatcher

TITLE_LENGTH = 160  # of Nomination.title_key
ENTITY_LENGTH = 220  # of Nomination.entity_key
NEAR = 0.86  # share of matching characters from which two titles are near-equal
SHORTEST = 8  # characters; shorter titles are near-equal only where they are equal


def _plain(text: str) -> str:
    """Fold case, width, spaces, punctuation, and the accents of Latin letters (not the signs of other scripts)."""
    kept: list[str] = []
    is_latin = False
    for sign in unicodedata.normalize("NFKD", text):
        if unicodedata.combining(sign):
            if not is_latin:
                kept.append(sign)
            continue
        is_latin = unicodedata.name(sign, "").startswith("LATIN")
        kept.append(sign)
    folded = unicodedata.normalize("NFKC", "".join(kept)).casefold()
    # Marks of other scripts belong to the word before them, and are no \w.
    return " ".join("".join(s if s.isalnum() or unicodedata.category(s)[0] == "M" else " " for s in folded).split())


def _cut(key: str, length: int) -> str:
    """A key of `length` at the most; a longer one ends with a hash of the whole, so that two stay two."""
    if len(key) <= length:
        return key
    return f"{key[: length - 33]} {hashlib.sha256(key.encode()).hexdigest()[:32]}"


def title_key(text: str) -> str:
    """Return what a title is compared by: equal keys are the same title. Empty where it has no letter and no digit.

    >>> title_key("  E-Santé: le projet ")
    'e sante le projet'
    """
    return _cut(_plain(text), TITLE_LENGTH)


def entity_key(name: str, country_code: str) -> str:
    """Return what an entity is compared by. `country_code`: two letters, empty for the United Nations and the like.

    Empty where the name has no letter and no digit.
    """
    plain = _plain(name)
    return _cut(f"{country_code}:{plain}", ENTITY_LENGTH) if plain else ""


def is_similar(a: str, b: str) -> bool:
    """Whether two titles are equal or nearly so: the same words in another order, or 86 % of their characters.

    Symmetric. A title without letters and digits is similar to none.
    """
    one, other = sorted([_plain(a), _plain(b)])
    if not one or not other:
        return False
    if one == other or sorted(one.split()) == sorted(other.split()):
        return True
    if min(len(one), len(other)) < SHORTEST:
        return False
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= NEAR and matcher.quick_ratio() >= NEAR and matcher.ratio() >= NEAR
