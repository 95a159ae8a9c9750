"""How a project stands among others: the same entity, the same project, projects that are nearly the same, earlier winners."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models.reference import WITHOUT_COUNTRY
from prizes.editions import embargo
from prizes.models import Announcement, EarlierWinner, Edition, Nomination, Winner
from prizes.nominations import similar_titles


@dataclass(frozen=True)
class Near:
    """A project whose title is equal or nearly so. `year`: of an earlier win, else 0; `pk`: of a nomination, else 0."""

    title: str
    entity: str
    year: int = 0
    pk: int = 0
    code: str = ""


@dataclass(frozen=True)
class Won:
    """A project that won: it cannot be submitted again (rules). `entity_key` is empty where the entity is not known."""

    year: int
    title: str
    entity: str
    entity_key: str
    country: str


def rename(winner: EarlierWinner, *, title: str) -> None:
    """Give an earlier winner its title, and what it is compared by. Refuses `no-letters`. The row is not saved here."""
    winner.title, winner.title_key = title, similar_titles.title_key(title)
    if not winner.title_key:
        raise ValidationError(_("Enter a title with letters or digits"), code="no-letters")


def keys_of(answers: Mapping[str, Any]) -> tuple[str, str]:
    """Return the title's and the entity's key of a set of answers."""
    country = "" if answers["stakeholder_type"] in WITHOUT_COUNTRY else answers["country"]
    return similar_titles.title_key(answers["title"]), similar_titles.entity_key(answers["entity_name"], country)


def earlier_winners(edition: Edition, *, now: datetime) -> list[Won]:
    """Return the projects that won before this edition: the organisers' table, and winners of earlier editions.

    Winners count once the public may know them: a refusal must not give away what is under embargo.
    """
    found = [
        Won(
            year=row.year,
            title=row.title,
            entity=row.entity_name,
            entity_key=similar_titles.entity_key(row.entity_name, row.country_id or "") if row.entity_name else "",
            country=row.country_id or "",
        )
        for row in EarlierWinner.objects.all()
    ]
    before = Edition.objects.filter(forum__starts__lt=edition.forum.starts, categories__winners__isnull=False)
    for earlier in before.exclude(pk=edition.pk).select_related("forum").distinct():
        if embargo.is_lifted(earlier, kind=Announcement.Kind.WINNERS, now=now):
            found += [
                Won(
                    year=earlier.forum.starts.year,
                    title=winner.nomination.title,
                    entity=winner.nomination.entity_name,
                    entity_key=winner.nomination.entity_key,
                    country=winner.nomination.country_id or "",
                )
                for winner in Winner.objects.filter(category__edition=earlier).select_related("nomination")
            ]
    return found


def _is_the_same(won: Won, *, title_key: str, entity_key: str, country: str) -> bool:
    """Equal titles, and nothing that speaks for another project: another entity of another country."""
    if similar_titles.title_key(won.title) != title_key:
        return False
    return not won.entity_key or won.entity_key == entity_key or won.country == country


def similar(
    edition: Edition, *, title: str, now: datetime, besides: int = 0, winners: list[Won] | None = None
) -> list[Near]:
    """Return submitted projects of the edition, and earlier winners, with equal or near-equal titles.

    `besides`: the id of the nomination that asks. One query, and those of `earlier_winners` unless they are given.
    """
    others = Nomination.objects.filter(edition=edition).submitted().exclude(pk=besides).order_by("pk")
    near = [
        Near(title=row.title, entity=row.entity_name, pk=row.pk, code=row.code)
        for row in others.only("title", "entity_name", "code")
        if similar_titles.is_similar(title, row.title)
    ]
    known = earlier_winners(edition, now=now) if winners is None else winners
    near += [
        Near(title=w.title, entity=w.entity, year=w.year) for w in known if similar_titles.is_similar(title, w.title)
    ]
    return near


def refusals(
    edition: Edition, *, answers: Mapping[str, Any], keys: tuple[str, str], besides: int, winners: list[Won]
) -> dict[str, ValidationError]:
    """Return what forbids a project beside the others, by field: `duplicate`, `entity-has-project`, `won-before`."""
    title_key, entity_key = keys
    others = Nomination.objects.filter(edition=edition).submitted().exclude(pk=besides)
    found: dict[str, ValidationError] = {}
    if entity_key and others.filter(entity_key=entity_key, title_key=title_key).exists():
        found["title"] = duplicate()
    elif entity_key and others.filter(entity_key=entity_key, category_id=answers["category"]).exists():
        found["category"] = entity_has_project()
    country = answers["country"]
    for won in winners:
        if title_key and _is_the_same(won, title_key=title_key, entity_key=entity_key, country=country):
            sentence = _("This project won in %(year)s. A project that has won cannot be submitted again")
            found["title"] = ValidationError(sentence % {"year": won.year}, code="won-before")
    return found


@dataclass(frozen=True)
class Found:
    """How a project stands beside the others: what forbids it, near-equal titles, and the keys that it is compared by."""

    refusals: dict[str, ValidationError]
    near: list[Near]
    title_key: str
    entity_key: str


def find(edition: Edition, *, answers: Mapping[str, Any], besides: int, now: datetime) -> Found:
    """Compare the answers of a nomination (`besides`: its id) with the others. What is forbidden has no near titles."""
    keys, winners = keys_of(answers), earlier_winners(edition, now=now)
    forbidden = refusals(edition, answers=answers, keys=keys, besides=besides, winners=winners)
    near = similar(edition, title=answers["title"], besides=besides, winners=winners, now=now)
    return Found(forbidden, [] if "title" in forbidden else near, *keys)


def duplicate() -> ValidationError:
    return ValidationError(
        _("This project of this entity is submitted already. The same project cannot be submitted twice"),
        code="duplicate",
    )


def entity_has_project() -> ValidationError:
    return ValidationError(
        _("This entity has a project in this category already. Choose another category"), code="entity-has-project"
    )
