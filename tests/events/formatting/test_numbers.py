import pytest

from events.formatting.numbers import LARGEST_KEY, whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("999999999", 999_999_999),
        ("1000000000", None),
        ("", None),
        ("-1", None),
        ("1.0", None),
        ("١", None),
        ("²", None),
        ("9" * 6000, None),
    ],
)
def test_whole_number(text, number):
    assert whole_number(text) == number


def test_whole_number_has_a_limit_of_its_own():
    assert whole_number("999999999999999999", most=LARGEST_KEY) == LARGEST_KEY
    assert (whole_number("60", most=60), whole_number("61", most=60)) == (60, None)
