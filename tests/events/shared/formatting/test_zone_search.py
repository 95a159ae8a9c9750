"""Which zone somebody means who types a city, a country or an abbreviation."""

import pytest
from django.core.exceptions import ValidationError

from events.shared.formatting.zone_search import find_zone

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("words", "zone"),
    [
        ("Nairobi", "Africa/Nairobi"),
        ("  nairobi ", "Africa/Nairobi"),
        ("Kenya", "Africa/Nairobi"),
        ("EAT", "Africa/Nairobi"),
        ("Africa/nairobi", "Africa/Nairobi"),
        ("São Paulo", "America/Sao_Paulo"),
        ("New York", "America/New_York"),
        ("Genève", "Europe/Zurich"),
        ("Suisse", "Europe/Zurich"),
        ("Le Caire", "Africa/Cairo"),
        ("باماكو", "Africa/Bamako"),
        ("US/Eastern", "America/New_York"),
        ("GMT", "UTC"),
        ("utc", "UTC"),
    ],
)
def test_city_country_and_abbreviation_are_understood(words, zone):
    assert find_zone(words) == zone


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        ("Narobi", "unknown-zone", "Africa/Nairobi"),
        ("Kenia", "unknown-zone", "Africa/Nairobi"),
        ("Brazil", "several-zones", "America/Sao_Paulo"),
        ("CET", "several-zones", "Africa/Algiers"),
        ("xyzzy", "unknown-zone", "Nairobi"),
        ("\0", "unknown-zone", "Nairobi"),
    ],
)
def test_what_is_unknown_or_not_one_is_refused_with_what_is_near(words, code, named):
    with pytest.raises(ValidationError) as refusal:
        find_zone(words)

    assert refusal.value.code == code
    assert named in refusal.value.messages[0]
