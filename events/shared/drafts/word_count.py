"""How many words a text has: one rule for the server and the page.

A run of letters, marks and digits (Unicode categories L*, M*, Nd) is a word; each Han or kana character is one word by
itself, with the marks that follow it. `config/static/drafts.js` holds the same rule with the same ranges; a test
drives both over the same texts.
"""

import re
import unicodedata
from bisect import bisect_right

# First and last code of each range in which every character is a word: Han (radicals, unified ideographs and their
# extensions, compatibility forms, iteration marks and numerals) and kana (full and half width, extensions).
WORD_CHARACTERS: tuple[tuple[int, int], ...] = (
    (0x2E80, 0x2FDF),
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x3038, 0x303B),
    (0x3041, 0x3096),
    (0x309D, 0x309F),
    (0x30A1, 0x30FA),
    (0x30FC, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9D),
    (0x1AFF0, 0x1AFFF),
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)
HALF_WIDTH_MARKS = "\uff9e\uff9f"  # the voicing signs of half-width kana: letters by category, marks by use
_STARTS = [first for first, _last in WORD_CHARACTERS]
_WORD = re.compile(r"wm*|[lm]+")  # over the kinds of characters


def _kind(character: str) -> str:
    """“w”: a word by itself; “m”: a mark; “l”: a letter or digit; a space: none of these."""
    place = bisect_right(_STARTS, ord(character)) - 1
    if place >= 0 and ord(character) <= WORD_CHARACTERS[place][1]:
        return "w"
    category = unicodedata.category(character)
    if category[0] == "M" or character in HALF_WIDTH_MARKS:
        return "m"
    return "l" if category[0] == "L" or category == "Nd" else " "


def count(text: str) -> int:
    """Return the number of words of a text.

    >>> count("Don't panic: 42 towns")
    5
    >>> count("デジタル村 2020")
    6
    """
    return len(_WORD.findall("".join(map(_kind, text))))
