"""The ballot paper: what is printed on it, the same for all voters. Each process keeps it for one public revision.

It holds nothing of anybody: choices, order and marks are put in for each request (prizes.vote.ballot_page).
"""

import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from events.pages import revision
from prizes.chain import restorations
from prizes.editions import public_edition
from prizes.models import Category, Edition, Nomination

# Of the nominees: what their cards show.
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

_papers: dict[str, "Paper"] = {}  # by the forum's slug, of public editions only
_making = threading.Lock()


@dataclass(frozen=True)
class Nominee:
    """A nominee as the paper shows it; `card`: its words in one language, without the radio before them."""

    code: str
    title: str
    is_sample: bool
    card: SafeString


@dataclass(frozen=True)
class Paper:
    """What is printed on a ballot of one edition, at one public revision. Nobody changes its rows: all threads share them."""

    revision: int
    edition: Edition  # with its forum and phases
    categories: list[Category]  # in the order of the rules, with their Action Lines and `has_nominees`
    restorations: list[Any]
    _printed: dict[tuple[str, int | None], Any] = field(default_factory=dict)  # by language and category

    @cached_property
    def rows(self) -> dict[int, list[Nomination]]:
        """The nominees of each category, by its number. One query, the first time."""
        found: dict[int, list[Nomination]] = {row.number: [] for row in self.categories}
        nominees = Nomination.objects.nominees().filter(edition=self.edition).select_related("country", "category")
        for row in nominees.only(*SHOWN):
            found[row.category.number].append(row)  # type: ignore[union-attr]  # a nominee has a category
        return found

    def nominees(self, category: Category) -> list[Nominee]:
        """The nominees of a category with their words in the page's language, in no order that means anything."""
        key = (get_language() or "", category.number)
        if key not in self._printed:
            self._printed[key] = [self._nominee(row, category=category) for row in self.rows[category.number]]
        found: list[Nominee] = self._printed[key]
        return found

    def _nominee(self, row: Nomination, *, category: Category) -> Nominee:
        context = {"forum": self.edition.forum, "category": category, "nominee": row}
        card = render_to_string("prizes/vote/nominee.html", context)
        return Nominee(code=row.code, title=row.title, is_sample=row.is_sample, card=card)

    def squares(self) -> dict[int, tuple[str, SafeString]]:
        """The page of each category in the page's language and what its square in the map says, by its number."""
        key = (get_language() or "", None)
        if key not in self._printed:
            slug = self.edition.forum.slug
            self._printed[key] = {
                row.number: (
                    address(slug, number=row.number),
                    render_to_string("prizes/vote/square.html", {"category": row}),
                )
                for row in self.categories
            }
        found: dict[int, tuple[str, SafeString]] = self._printed[key]
        return found


def address(slug: str, *, number: int) -> str:
    """The page of a category in the page's language, opened where the category begins: below the map."""
    return reverse("prizes:ballot-category", args=[slug, number]) + "#category"


def of(slug: str) -> Paper:
    """The paper of a forum's public edition; else 404. One query where it is at hand."""
    current = revision.current()  # read before the rows: what changes in between makes it once more
    found = _papers.get(slug)
    if found is None or found.revision != current:
        with _making:
            found = _papers.get(slug)
            if found is None or found.revision != current:
                found = _papers[slug] = _paper(slug, revision=current)
    return found


def _paper(slug: str, *, revision: int) -> Paper:
    edition = public_edition.find_edition(slug)
    nominated = Nomination.objects.filter(category=OuterRef("pk"), state=Nomination.State.NOMINATED)
    categories = edition.categories.annotate(has_nominees=Exists(nominated)).select_related("action_line")
    return Paper(
        revision=revision,
        edition=edition,
        categories=list(categories.order_by("number")),
        restorations=restorations.of(edition),
    )
