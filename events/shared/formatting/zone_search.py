"""Which time zone a person means who types a city, a country or an abbreviation."""

from collections import defaultdict
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel import Locale
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import Country
from events.models.time_zones import is_zone, replaced, zone_names, zone_of
from events.shared.formatting.names import folded

# Cities in which forums and UN bodies meet, and that no zone is named for.
MORE_CITIES = {
    "abu dhabi": "Asia/Dubai",
    "beijing": "Asia/Shanghai",
    "geneva": "Europe/Zurich",
    "geneve": "Europe/Zurich",
    "جنيف": "Europe/Zurich",
    "new delhi": "Asia/Kolkata",
    "washington": "America/New_York",
}
MOST_NAMED = 16  # zones that a sentence names


@cache
def _cities() -> dict[str, str]:
    """City → zone, as `folded` writes it: “sao paulo”; in the languages of the site as CLDR writes them: “le caire”."""
    found = {
        folded(words["city"]): name
        for language, _name in settings.LANGUAGES
        for name, words in Locale.parse(language, sep="-").time_zones.items()
        if "city" in words and is_zone(name)
    }
    return found | {folded(name.rpartition("/")[2].replace("_", " ")): name for name in zone_names()} | MORE_CITIES


@cache
def _zones_of_countries() -> dict[str, list[str]]:
    """The code of a country → its zones."""
    found = defaultdict(list)
    for row in (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines():
        if not row.startswith("#"):
            code, _place, name = row.split("\t")[:3]
            found[code].append(name)
    return found


@cache
def _abbreviations() -> dict[str, list[str]]:
    """What the clocks of a zone are called in January and in July, such as EAT → the zones. Zones with the same clocks for
    ever are one of them."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for name in zone_names():
        zone = ZoneInfo(name)
        for month in (1, 7):
            called = zone.tzname(datetime(2026, month, 1)) or ""  # noqa: DTZ001  the zone is asked
            if called.isalpha():
                found[called][replaced().get(name, name)] = None
    return {called: list(zones) for called, zones in found.items()}


def find_zone(words: str) -> str:
    """The name of the zone that is meant by a city, a country (in English, French or Arabic), an abbreviation or an IANA name.

    Refuses `several-zones` (a country or an abbreviation of several, which it names) and `unknown-zone`, with what is near.
    """
    text = folded(" ".join(words.replace("_", " ").split()))
    if "/" in text or text in {"utc", "gmt"}:
        named = zone_of(words.replace(" ", "_"))
        if named:
            return named.key
    if text in _cities():
        return _cities()[text]
    countries = {folded(name): row.pk for row in Country.objects.all() for name in row.names}
    several = _zones_of_countries().get(countries.get(text, ""), []) or _abbreviations().get(text.upper(), [])
    if len(several) == 1:
        return several[0]
    if several:
        raise ValidationError(
            _("“%(words)s” has several time zones: %(zones)s. Choose one"),
            code="several-zones",
            params={"words": words, "zones": _listed(several)},
        )
    near = get_close_matches(text, [*_cities(), *countries], n=3, cutoff=0.75)
    found = [_cities().get(name) or _zones_of_countries().get(countries.get(name, ""), [""])[0] for name in near]
    if zones := [name for name in dict.fromkeys(found) if name]:
        raise ValidationError(
            _("“%(words)s” is no city, country or time zone that we know. Near it: %(zones)s"),
            code="unknown-zone",
            params={"words": words, "zones": _listed(zones)},
        )
    raise ValidationError(
        _("“%(words)s” is no city, country or time zone that we know. Enter a city near yours, such as Nairobi"),
        code="unknown-zone",
        params={"words": words},
    )


def _listed(zones: list[str]) -> str:
    return _(", ").join(zones[:MOST_NAMED]) + (" …" if len(zones) > MOST_NAMED else "")
