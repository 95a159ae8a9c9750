"""How a project stands among others: the same entity, the same project, projects that are nearly the same, earlier winners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models.reference import WITHOUT_COUNTRY
from events.shared.formatting.similar_names import is_similar
from prizes.editions import embargo
from prizes.models import EarlierWinner, Edition, Honour, Nomination
from prizes.nominations import similar_titles
from prizes.nominations.similar_titles import entity_key, title_key

# Another project, with its title and entity: a submitted nomination of the edition, or one that won in an earlier year.
type Project = Nomination | EarlierWinner


def rename(winner: EarlierWinner, *, title: str) -> None:
    """Give an earlier winner its title, and what it is compared by. Refuses `no-letters`. The row is not saved here."""
    winner.title, winner.title_key = title, title_key(title)
    if not winner.title_key:
        raise ValidationError(_("Enter a title with letters or digits"), code="no-letters")


def submitted_beside(edition: Edition, *, besides: int) -> list[Nomination]:
    """The submitted projects of the edition without one nomination (its id). One query."""
    rows = Nomination.objects.filter(edition=edition).submitted().exclude(pk=besides).order_by("pk")
    return list(rows.only("title", "title_key", "entity_name", "entity_key", "category_id"))


def earlier_winners(edition: Edition, *, now: datetime) -> list[EarlierWinner]:
    """The projects that won before this edition: the organisers' table, and winners of earlier editions, as rows that are
    not saved.

    Winners count once the public may know them: a refusal must not give away what is under embargo.
    """
    found = list(EarlierWinner.objects.all())
    before = Edition.objects.filter(forum__starts__lt=edition.forum.starts, categories__winners__isnull=False)
    for earlier in before.exclude(pk=edition.pk).select_related("forum").distinct():
        if embargo.is_lifted(earlier, kind=Honour.WINNERS, now=now):
            won = Nomination.objects.filter(win__category__edition=earlier)
            columns = won.values("title", "title_key", "entity_name", "country_id")
            found += [EarlierWinner(year=earlier.forum.starts.year, **row) for row in columns]
    return found


def similar(edition: Edition, *, title: str, besides: int, now: datetime) -> list[Project]:
    """Submitted projects of the edition, and earlier winners, with equal or near-equal titles.

    `besides`: the id of the nomination that asks.
    """
    others: list[Project] = [*submitted_beside(edition, besides=besides), *earlier_winners(edition, now=now)]
    return [other for other in others if is_similar(title, other.title)]


@dataclass(frozen=True)
class Comparison:
    """How a project stands beside the others: what forbids it, near-equal titles, and the keys that it is compared by."""

    refusals: dict[str, ValidationError]
    near: list[Project]
    title_key: str
    entity_key: str


def find(edition: Edition, *, answers: Mapping[str, Any], besides: int, now: datetime) -> Comparison:
    """Compare the answers of a nomination (`besides`: its id) with the others. What is forbidden has no near titles.

    The refusals, by field: `duplicate`, `entity-has-project`, `won-before`.
    """
    country = "" if answers["stakeholder_type"] in WITHOUT_COUNTRY else answers["country"]
    title, entity = title_key(answers["title"]), entity_key(answers["entity_name"], country)
    others, winners = submitted_beside(edition, besides=besides), earlier_winners(edition, now=now)
    own = [other for other in others if entity and other.entity_key == entity]
    forbidden: dict[str, ValidationError] = {}
    if any(other.title_key == title for other in own):
        sentence = _("This project of this entity is submitted already. The same project cannot be submitted twice")
        forbidden["title"] = ValidationError(sentence, code="duplicate")
    elif any(other.category_id == answers["category"] for other in own):
        sentence = _("This entity has a project in this category already. Choose another category")
        forbidden["category"] = ValidationError(sentence, code="entity-has-project")
    if year := _year_of_win(winners, title_key=title, entity_key=entity, country=answers["country"]):
        sentence = _("This project won in %(year)s. A project that has won cannot be submitted again")
        forbidden["title"] = ValidationError(sentence % {"year": year}, code="won-before")
    beside: list[Project] = [] if "title" in forbidden else [*others, *winners]
    near = [one for one in beside if is_similar(answers["title"], one.title)]
    return Comparison(forbidden, near, title, entity)


def _year_of_win(winners: Sequence[EarlierWinner], *, title_key: str, entity_key: str, country: str) -> int:
    """When a project won last, 0 for never: a title is equal, and nothing speaks for another project (another entity of
    another country)."""

    def is_other(won: EarlierWinner) -> bool:
        there, known = won.country_id or "", similar_titles.entity_key(won.entity_name, won.country_id or "")
        return bool(known) and known != entity_key and there != country

    same = [won for won in winners if title_key and won.title_key == title_key and not is_other(won)]
    return max((won.year for won in same), default=0)
