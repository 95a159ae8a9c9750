"""When two names (of projects, of organisations) are so near that a person has to look. No database."""

import unicodedata
from difflib import SequenceMatcher

NEAR = 0.86  # share of matching characters from which two names are near-equal
SHORTEST = 8  # characters; shorter names are near-equal only where they are equal
WORD = 4  # letters from which a word says something by itself


def plain(text: str) -> str:
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


def is_similar(a: str, b: str) -> bool:
    """Whether two names are equal or nearly so: the same words in another order, or 86 % of their characters.

    Symmetric. A name without letters and digits is similar to none.
    """
    one, other = sorted([plain(a), plain(b)])
    if not one or not other:
        return False
    if one == other or sorted(one.split()) == sorted(other.split()):
        return True
    if min(len(one), len(other)) < SHORTEST:
        return False
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= NEAR and matcher.quick_ratio() >= NEAR and matcher.ratio() >= NEAR


def is_near(typed: str, name: str, *, acronym: str = "") -> bool:
    """Whether somebody who typed one name of an organisation may mean another: they are similar, one says in more words
    what the other says in two or more, or what was typed has the other's initials among its words.

    >>> is_near("World Health", "World Health Organization")
    True
    >>> is_near("Union internationale (ITU)", "International Telecommunication Union", acronym="ITU")
    True
    >>> is_near("University", "University of Bamako")
    False
    """
    one, other = plain(typed).split(), plain(name).split()
    if acronym and (initials := plain(acronym)) and (initials == " ".join(one) or initials in telling(one)):
        return True
    fewer, more = sorted([set(one), set(other)], key=len)
    is_part = fewer <= more and sum(len(word) >= WORD for word in fewer) >= 2
    return is_part or is_similar(typed, name)


def telling(words: list[str]) -> set[str]:
    """Those of the words that can be initials: of three letters and more."""
    return {word for word in words if len(word) >= 3}
