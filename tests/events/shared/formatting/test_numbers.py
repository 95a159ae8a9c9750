import pytest

from events.shared.formatting.numbers import LARGEST_KEY, whole_number

NONE = ("1000000000", "", "-1", "1.0", "١", "²", "9" * 6000)


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("007", 7), ("999999999", 999_999_999), *((text, None) for text in NONE)]
)
def test_whole_number(text, number):
    assert whole_number(text) == number
    assert whole_number("999999999999999999", most=LARGEST_KEY) == LARGEST_KEY
    assert (whole_number("60", most=60), whole_number("61", most=60)) == (60, None)
