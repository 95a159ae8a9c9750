import pytest

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
