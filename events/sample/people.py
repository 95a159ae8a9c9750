"""Invented names of persons and organisations from all regions (`events/data/sample_people.json`). No ORM."""

import random
from typing import NamedTuple

from events.reference.standard_rows import data


class Culture(NamedTuple):
    """Given names of women and of men, family names, and the countries where they are at home."""

    women: list[str]
    men: list[str]
    families: list[str]
    countries: list[str]

    def name(self, gender: str, *, rng: random.Random) -> str:
        given = rng.choice(self.women if gender == "woman" else self.men)
        return f"{given} {rng.choice(self.families)}".replace("-Linh", " Linh").replace("Dela-", "Dela ")


DATA = data("sample_people")
CULTURES = [Culture(**{key: names.split() for key, names in row.items()}) for row in DATA["cultures"]]
POSITIONS: dict[str, list[str]] = DATA["positions"]  # by the stakeholder type of the organisation
# Patterns for invented organisations by stakeholder type; {place} is a region, {word} one of WORDS.
ORGANISATIONS: dict[str, list[str]] = DATA["organisations"]
WORDS: list[str] = DATA["words"]
RARE = {"international_org", "technical_community", "media", "other"}  # few organisations are of these kinds


class Person(NamedTuple):
    name: str
    gender: str
    form_of_address: str
    country: str


def persons(count: int, *, women: int, rng: random.Random) -> list[Person]:
    """Return `count` persons with different names, `women` of them women, mixed over all cultures."""
    genders = ["woman"] * women + ["man"] * (count - women)
    rng.shuffle(genders)
    seen: set[str] = set()
    people: list[Person] = []
    while len(people) < count:
        gender = genders[len(people)]
        culture = CULTURES[len(people) % len(CULTURES)]
        name = culture.name(gender, rng=rng)
        if name in seen:
            family = rng.choice(culture.families)
            name = f"{name} {family}" if family not in name else name
        if name in seen:
            continue
        seen.add(name)
        titles = ["Ms" if gender == "woman" else "Mr", "", "Dr", "Prof."]
        form = rng.choices(titles, weights=[10, 4, 5, 2])[0]
        people.append(Person(name, gender, form, rng.choice(culture.countries)))
    return people


def organisations(*, rng: random.Random, places: list[str]) -> list[tuple[str, str]]:
    """Return invented organisations as (name, stakeholder type), one of each kind for every word."""
    rows = []
    for number, word in enumerate(WORDS):
        for kind, patterns in ORGANISATIONS.items():
            if kind in RARE and number % 4:
                continue
            place = rng.choice(places).removeprefix("the ")
            name = patterns[number % len(patterns)].format(word=word, place=place[0].upper() + place[1:])
            rows.append((name, kind))
    return rows
