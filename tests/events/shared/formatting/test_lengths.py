"""Lengths of time in words, there and back."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from events.shared.formatting.lengths import lengths_of, minutes_of


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_what_is_shown_is_read_again(language):
    minutes = [20_160, 2_880, 1_440, 180, 120, 60, 45, 10, 2, 1]

    with translation.override(language):
        assert minutes_of(lengths_of(minutes)) == minutes


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("1 day, 1 hour", [1440, 60]),
        ("1440, 60", [1440, 60]),
        ("[1440, 60]", [1440, 60]),
        ("2d, 3 H, 5min", [2880, 180, 5]),
        ("", []),
    ],
)
def test_short_units_and_bare_minutes_are_read(text, minutes):
    assert minutes_of(text) == minutes


@pytest.mark.parametrize("text", ["soon", "1 fortnight", "-5", "0", "1.5 hours", "1 day 2 hours"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(ValidationError) as refusal:
        minutes_of(text)

    assert refusal.value.code == "no-length"
