import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.shared.formatting.similar_names import is_similar
from prizes.nominations import similar_titles


def test_title_key_folds_what_makes_no_other_title():
    texts = [
        "Digital Village: a story",
        " digital  VILLAGE a story ",
        "Digital Village — A Story!",
        "Ｄｉｇｉｔａｌ Village “a story”",
        "Dïgital Víllage a stóry",
    ]

    assert {similar_titles.title_key(text) for text in texts} == {"digital village a story"}
    assert similar_titles.title_key("कम्प्यूटर") != similar_titles.title_key("कमपयटर")
    assert similar_titles.title_key("Digital village 1") != similar_titles.title_key("Digital village 2")
    for empty in ("", "  ", "!!! — …", "👍"):
        assert similar_titles.title_key(empty) == ""
        assert not is_similar(empty, empty)


@given(st.text(max_size=150))
def test_title_key_fits_its_column_and_is_stable(text):
    key = similar_titles.title_key(text)

    assert len(key) <= similar_titles.TITLE_LENGTH
    assert similar_titles.title_key(text.upper().lower()) == similar_titles.title_key(text.upper().lower() + " !")
    assert key == "" or not is_similar("", text)


def test_long_titles_stay_two():
    one, other = "ﷺ" * 149 + "a", "ﷺ" * 149 + "b"

    assert similar_titles.title_key(one) != similar_titles.title_key(other)
    assert (
        max(len(similar_titles.title_key(one)), len(similar_titles.entity_key("ﷺ" * 200, "ML")))
        <= similar_titles.ENTITY_LENGTH
    )


def test_entity_key_names_the_country():
    assert similar_titles.entity_key("Ministère des Télécoms", "ML") == "ML:ministere des telecoms"
    assert similar_titles.entity_key("UNESCO", "") == ":unesco"
    assert similar_titles.entity_key("…", "ML") == ""


@pytest.mark.parametrize(
    ("one", "other", "is_near"),
    [
        ("Smart Villages of Mali", "Smart Village of Mali", True),
        ("Villages of Mali, smart", "Smart Villages of Mali", True),
        ("E-Health for all", "eHealth for All", True),
        ("Open data in Kenya", "Open Data in Kenya 2", True),
        ("Rural broadband", "Urban libraries", False),
        ("E-Gov", "E-Gob", False),
        ("E-Gov", "e gov", True),
        ("Girls code in Rwanda and beyond", "Solar power for schools in Chad", False),
    ],
)
def test_is_similar(one, other, is_near):
    assert is_similar(one, other) is is_near
    assert is_similar(other, one) is is_near
