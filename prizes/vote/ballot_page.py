"""What the pages of a ballot show: the map of the categories, what is missing, the nominees in the voter's own order."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import User
from prizes.models import Ballot, Category, Edition, Nomination
from prizes.vote import cast_vote

CHOSEN, MISSING, AGAIN, NONE = "chosen", "missing", "again", "none"


@dataclass(frozen=True)
class Cell:
    """A category in the map; `chosen`: the nominee of the ballot, also where that nominee has withdrawn since."""

    category: Category
    has_nominees: bool
    chosen: Nomination | None

    @property
    def state(self) -> str:
        """The state: chosen, missing, again (the chosen nominee withdrew) or none (without nominees)."""
        if self.chosen is None:
            return MISSING if self.has_nominees else NONE
        is_withdrawn = self.chosen.state == Nomination.State.WITHDRAWN
        return AGAIN if is_withdrawn and self.has_nominees else CHOSEN

    @property
    def spoken(self) -> str:
        """The state in words, after the category's name."""
        words = {CHOSEN: _(", chosen"), AGAIN: _(", your choice has withdrawn"), MISSING: _(", missing")}
        return words.get(self.state, "")


@dataclass(frozen=True)
class Sheet:
    """A ballot as its pages show it; `ballot` is None for a person who has not begun."""

    edition: Edition
    ballot: Ballot | None
    cells: list[Cell]

    @property
    def needed(self) -> int:
        """In how many categories there is something to choose, or something chosen."""
        return sum(cell.state != NONE for cell in self.cells)

    @property
    def missing(self) -> list[int]:
        """The numbers of the categories that are still open."""
        return [cell.category.number for cell in self.cells if cell.state == MISSING]

    @property
    def chosen(self) -> int:
        return self.needed - len(self.missing)

    @property
    def is_complete(self) -> bool:
        return self.ballot is not None and self.ballot.is_complete

    def cell(self, number: int) -> Cell | None:
        return next((cell for cell in self.cells if cell.category.number == number), None)

    def next(self, *, after: int) -> int | None:
        """The next open category after one; None where nothing else is open."""
        others = [number for number in self.missing if number != after]
        return cast_vote.next_open(others, after=after)


def sheet(edition: Edition, *, user: User) -> Sheet:
    """A person's ballot with the map of all categories. Three queries, whatever the number of categories."""
    ballot = Ballot.objects.of(user).filter(edition=edition).first()
    chosen: dict[int, Nomination] = {}
    if ballot:
        ballot.edition = edition
        shown = ("ballot", "category", "nominee__code", "nominee__title", "nominee__state")  # without the long texts
        votes = ballot.votes.select_related("nominee").only(*shown)
        chosen = {vote.category_id: vote.nominee for vote in votes}
    nominated = Nomination.objects.filter(category=OuterRef("pk"), state=Nomination.State.NOMINATED)
    categories = Category.objects.filter(edition=edition).annotate(has_nominees=Exists(nominated))
    cells = [
        Cell(category, category.has_nominees, chosen.get(category.pk))
        for category in categories.select_related("action_line").order_by("number")
    ]
    return Sheet(edition=edition, ballot=ballot, cells=cells)


def progress(*, chosen: int, missing: int) -> str:
    """How far a ballot is, in words: “12 of 18 chosen, 6 missing.”"""
    numbers = {"chosen": chosen, "needed": chosen + missing, "missing": missing}
    if not missing:
        return ngettext("The one category is chosen.", "All %(needed)s categories are chosen.", chosen) % numbers
    return _("%(chosen)s of %(needed)s chosen, %(missing)s missing.") % numbers


def nominees(category: Category, *, user: User) -> list[Nomination]:
    """Those who can be chosen in a category, in the voter's own order. One query."""
    rows = Nomination.objects.nominees().filter(category=category).select_related("country")
    return in_own_order(rows, user=user)


def in_own_order(nominees: Iterable[Nomination], *, user: User) -> list[Nomination]:
    """Nominees in an order drawn for one voter: always the same for them, another one for others, no place favoured."""

    def lot(nominee: Nomination) -> bytes:
        return salted_hmac("prizes.vote.ballot_page.order", f"{user.pk}|{nominee.code}", algorithm="sha256").digest()

    return sorted(nominees, key=lot)
