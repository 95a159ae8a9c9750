"""The ballot paper: what is printed on it, the same for all voters. A web process keeps it for one public revision.

It holds nothing of anybody: choices, order and marks are put in for each request (prizes.vote.ballot_page).
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from events.shared.once_a_revision import once_a_revision
from prizes.chain import restorations
from prizes.editions import end_of_vote, public_edition
from prizes.models import Category, Edition, Nomination

# What the card of a nominee shows.
SHOWN = (
    "code",
    "title",
    "entity_name",
    "country",
    "stakeholder_type",
    "language",
    "description",
    "is_sample",
    "category__number",
)


@dataclass(frozen=True)
class Nominee:
    """A nominee with its card in one language: its radio is not marked, and cannot be."""

    code: str
    title: str
    is_sample: bool
    card: SafeString


@dataclass(frozen=True)
class Paper:
    """What is printed on a ballot of one edition, at one public revision. Nobody changes its rows: all threads share them."""

    edition: Edition  # with its forum and phases
    categories: list[Category]  # in the order of the rules, with their Action Lines and `has_nominees`
    restorations: list[Any]
    moved_end: end_of_vote.Move | None  # how the end of the vote was moved last
    _printed: dict[tuple[Any, ...], SafeString] = field(default_factory=dict)  # by language, template and rows

    @cached_property
    def rows(self) -> dict[int, list[Nomination]]:
        """The nominees of each category, by its number. One query, the first time."""
        found: dict[int, list[Nomination]] = {row.number: [] for row in self.categories}
        nominees = Nomination.objects.nominees().filter(edition=self.edition).select_related("country", "category")
        for row in nominees.only(*SHOWN):
            number = row.category.number  # type: ignore[union-attr]  # a nominee has a category
            found.setdefault(number, []).append(row)  # perhaps of a category that came since
        return found

    def nominees(self, category: Category) -> list[Nominee]:
        """The nominees of a category with their cards in the page's language, in no order that means anything."""
        return [
            Nominee(row.code, row.title, row.is_sample, card=self._print("nominee", category=category, nominee=row))
            for row in self.rows[category.number]
        ]

    def square(self, category: Category, *, state: str, is_current: bool) -> SafeString:
        """The square of a category in the map, in the page's language. `state`: prizes.vote.ballot_page."""
        return self._print("square", category=category, state=state, is_current=is_current)

    def _print(self, template: str, **values: Any) -> SafeString:
        key = (get_language(), template, *values.values())
        if key not in self._printed:
            self._printed[key] = render_to_string(
                f"prizes/vote/{template}.html", {"forum": self.edition.forum, **values}
            )
        return self._printed[key]


def address(slug: str, *, number: int) -> str:
    """The page of a category in the page's language, opened where the category begins: below the map."""
    return reverse("prizes:ballot-category", args=[slug, number]) + "#category"


@once_a_revision
def of(slug: str) -> Paper:
    """The paper of a forum's public edition; else 404."""
    edition = public_edition.find_edition(slug)
    nominated = Nomination.objects.filter(category=OuterRef("pk"), state=Nomination.State.NOMINATED)
    categories = edition.categories.annotate(has_nominees=Exists(nominated)).select_related("action_line")
    return Paper(
        edition,
        categories=list(categories.order_by("number")),
        restorations=restorations.of(edition),
        moved_end=end_of_vote.last_move(edition),
    )
