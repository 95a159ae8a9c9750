"""Invented entities with the people who submit their projects. No ORM but for the accounts."""

import random
import re
from dataclasses import dataclass

from django.utils.text import slugify

from events.models import Country, User
from events.models.reference import WITHOUT_COUNTRY
from events.sample import people
from prizes.sample.bulk_rows import accounts
from prizes.sample.texts import TEXTS

ENTITIES = 420
# Who submits, in per cent: published for 2020 only in words (governments most of all).
SHARES: dict[str, int] = TEXTS["shares_of_entities"]
NAMES: dict[str, list[str]] = people.ORGANISATIONS | TEXTS["names_of_entities"]


@dataclass(frozen=True)
class Entity:
    """Who submits: name, kind and country of the entity, and the account of the person in charge."""

    name: str
    stakeholder_type: str
    country: Country
    nominator: User

    @property
    def country_code(self) -> str | None:
        """The country that a nomination keeps: none for bodies that belong to no country."""
        return None if self.stakeholder_type in WITHOUT_COUNTRY else self.country.code


def make(*, rng: random.Random) -> list[Entity]:
    """Make the entities with their accounts; a second call finds the accounts of the first."""
    countries = {country.code: country for country in Country.objects.all()}
    persons = people.persons(ENTITIES, women=ENTITIES // 2, rng=rng)
    kinds = rng.choices(list(SHARES), weights=list(SHARES.values()), k=ENTITIES)
    taken: set[tuple[str, str]] = set()
    rows: list[tuple[str, str, Country]] = []
    for person, kind in zip(persons, kinds, strict=True):
        country = countries.get(person.country) or countries["CH"]
        rows.append((_name(kind, country=country, taken=taken, rng=rng), kind, country))
    contacts = [
        (_address(name, country=country, number=number), person.name)
        for number, ((name, _kind, country), person) in enumerate(zip(rows, persons, strict=True))
    ]
    return [Entity(*row, nominator=user) for row, user in zip(rows, accounts(contacts), strict=True)]


def _name(kind: str, *, country: Country, taken: set[tuple[str, str]], rng: random.Random) -> str:
    """A name that no other entity of the country has; bodies without a country have one that nobody has."""
    owner = "" if kind in WITHOUT_COUNTRY else country.code
    while True:
        name = rng.choice(NAMES[kind]).format(word=rng.choice(people.WORDS), place=country.name)
        if (owner, name) not in taken:
            taken.add((owner, name))
            return name


def _address(name: str, *, country: Country, number: int) -> str:
    """An address in a domain of the entity's own, which can never receive mail (RFC 2606)."""
    domain = re.sub(r"-+", "-", slugify(name))[:40].strip("-") or "entity"
    return f"projects{number:03d}@{domain}-{country.code.lower()}.sample.invalid"
