"""What is taken out of texts of others: the person, exactly, and nobody else."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.shared.redaction import GONE, Redaction

ANN = Redaction(
    addresses={"ann@x.org", "o'brien@x.org"},
    names={"Ann Lee", "Sinéad O'Brien"},
    others={"Mary Ann Lee", "Ann Lee-Cho", "Ann Lee Park"},
)


@pytest.mark.parametrize(
    "text",
    [
        "joann@x.org", "jo.ann@x.org", "jo-ann@x.org", "jo+ann@x.org", "ann@x.org.uk", "ann@x.org-net.com", "ann@x.organic",
        "o'ann@x.org", "JOANN@X.ORG", "Joann Lee", "Ann Leeds", "Mary Ann Lee", "Ann Lee-Cho", "Ann Lee-Smith", "Ann Lee Park",
        "Jo-Ann Lee", "Ann", "Lee", "ann", "x.org", "", "…",
    ],
)  # fmt: skip
def test_longer_address_or_name_stays(text):
    assert ANN(f"Ask {text}, or {text}.") == f"Ask {text}, or {text}."


@pytest.mark.parametrize(
    "text",
    [
        "ann@x.org", "Ann@X.org", "<ann@x.org>", "'ann@x.org'", "mailto:ann@x.org", "?to=ann@x.org", "?to=ann%40x.org",
        "ann@x.org.", "(ann@x.org)", "Ann Lee", "ann lee", "Ann Lee's", "“Ann Lee”", "Dr Ann Lee,", "Ann Lee Parks",
        "Sinéad O'Brien", "Sinéad O&#x27;Brien", "o'brien@x.org",
    ],
)  # fmt: skip
def test_person_is_taken_out_and_what_stands_around_stays(text):
    left = ANN(text)

    assert GONE in left
    assert not ANN.finds(left)
    assert (left[0], left[-1]) in {(text[0], text[-1]), (GONE, text[-1]), (text[0], GONE), (GONE, GONE)}


def test_lists_and_dicts_are_read_through_and_other_values_stay():
    value = {"speakers": [{"id": 7, "name": "Ann Lee"}, None], "ann@x.org": True}

    assert ANN(value) == {"speakers": [{"id": 7, "name": GONE}, None], "ann@x.org": True}


def test_name_that_somebody_else_has_too_stays():
    assert Redaction(addresses=(), names={"Ann Lee"}, others={"ann lee"})("Ann Lee spoke") == "Ann Lee spoke"


def test_nothing_to_take_out_asks_for_nothing():
    assert (Redaction(addresses=()).asked, Redaction(addresses=())("Ann Lee")) == ("", "Ann Lee")


WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=12)


@given(before=st.text(max_size=20), name=st.tuples(WORDS, WORDS).map(" ".join), after=st.text(max_size=20))
def test_name_between_spaces_always_goes_and_twice_is_once(before, name, after):
    redaction = Redaction(addresses=(), names={name})
    text = f"{before} {name} {after}"

    left = redaction(text)

    assert GONE in left
    assert redaction(html.escape(f" {name} ")) == f" {GONE} "
    assert redaction(redaction(left)) == redaction(left)
