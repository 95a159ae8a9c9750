import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.shared.drafts import word_count

# Text and its number of words; the browser is asked the same in tests/browser/test_nominate.py.
TRICKY = [
    ("", 0),
    (" \t\r\n\u00a0\u3000", 0),
    ("one", 1),
    ("one two  three\nfour", 4),
    ("don't", 2),
    ("state-of-the-art", 4),
    ("snake_case", 2),
    ("3.14 and 1,000", 5),
    ("e\u0301le\u0300ve", 1),
    ("élève", 1),
    ("café\u0301s", 1),
    ("مُحَمَّد رسول", 2),
    ("می\u200cخواهم", 2),
    ("हिन्दी भाषा", 2),
    ("ภาษาไทย", 1),
    ("한국어 사용", 2),
    ("漢字", 2),
    ("漢字kana漢", 4),
    ("デジタル", 4),
    ("がか\u3099", 2),
    ("ｶﾞｷﾞ", 2),
    ("ﾞ", 1),
    ("コーヒー・ブレイク", 8),
    ("人々〇〆", 4),
    ("葛\U000e0100城", 2),
    ("𠮷野家", 3),
    ("\u0301", 1),
    ("a\u0301漢\u0301b", 3),
    ("٣٤٥ 42 ४२", 3),
    ("Ⅳ ½ ²", 0),
    ("👩‍💻 code 🚀", 1),
    ("…—«»!?", 0),
    ("𝒜𝓑 ﬁne", 2),
    ("x" * 3000, 1),
    ("a\u200bb", 2),
    ("Straße ﷺ", 2),
]


@pytest.mark.parametrize(("text", "number"), TRICKY)
def test_count(text, number):
    assert word_count.count(text) == number


@given(st.text())
def test_count_follows_the_rule_as_it_is_written(text):
    """A naive reading: cut the text into characters' words and runs."""
    found, run = 0, False
    signs = [(s, any(first <= ord(s) <= last for first, last in word_count.WORD_CHARACTERS)) for s in text]
    after_sign = False
    for sign, is_word in signs:
        is_mark = unicodedata.category(sign).startswith("M") or sign in word_count.HALF_WIDTH_MARKS
        if is_word:
            found, run, after_sign = found + 1, False, True
        elif after_sign and is_mark:
            continue
        else:
            belongs = unicodedata.category(sign)[0] in "LM" or unicodedata.category(sign) == "Nd"
            found += belongs and not run
            run, after_sign = belongs, False
    assert word_count.count(text) == found
