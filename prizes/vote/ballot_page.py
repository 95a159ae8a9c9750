"""What the pages of a ballot show: the map of the categories, what is missing, the nominees in the voter's own order."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Exists, FilteredRelation, OuterRef, Q, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import User
from prizes.models import Ballot, Category, Edition, Nomination
from prizes.vote import cast_vote
from prizes.vote.ballot_paper import Nominee, Paper

CHOSEN, MISSING, AGAIN, NONE = "chosen", "missing", "again", "none"


@dataclass(frozen=True)
class Choice:
    """A nominee that a ballot has chosen, also one that has withdrawn since."""

    code: str
    title: str
    is_withdrawn: bool


@dataclass(frozen=True)
class BallotMapCell:
    """A category in the map, and what the ballot has chosen in it."""

    category: Category
    has_nominees: bool
    chosen: Choice | None

    @cached_property
    def state(self) -> str:
        """The state: chosen, missing, again (the chosen nominee withdrew) or none (without nominees)."""
        if self.chosen is None:
            return MISSING if self.has_nominees else NONE
        return AGAIN if self.chosen.is_withdrawn and self.has_nominees else CHOSEN


@dataclass(frozen=True)
class BallotSheet:
    """A ballot as its pages show it; `ballot` is None for a person who has not begun."""

    edition: Edition
    is_confirmed: bool  # the person's address
    ballot: Ballot | None
    cells: list[BallotMapCell]

    @cached_property
    def needed(self) -> int:
        """In how many categories there is something to choose, or something chosen."""
        return sum(cell.state != NONE for cell in self.cells)

    @cached_property
    def missing(self) -> list[int]:
        """The numbers of the categories that are still open."""
        return [cell.category.number for cell in self.cells if cell.state == MISSING]

    @property
    def chosen(self) -> int:
        return self.needed - len(self.missing)

    @property
    def is_complete(self) -> bool:
        return self.ballot is not None and self.ballot.is_complete

    def cell(self, number: int) -> BallotMapCell | None:
        return next((cell for cell in self.cells if cell.category.number == number), None)

    def next(self, *, after: int) -> int | None:
        """The next open category after one; None where nothing else is open."""
        others = [number for number in self.missing if number != after]
        return cast_vote.next_open(others, after=after)


_PEOPLE: Any = User.objects.annotate(
    is_confirmed=Exists(EmailAddress.objects.filter(user=OuterRef("pk"), verified=True))
)


def _rows(edition: Edition, *, user: User) -> QuerySet[User, Any]:
    """A row for each choice of a person; one where there is none, or no ballot."""
    own = FilteredRelation("ballots", condition=Q(ballots__edition=edition.pk))
    votes = ("category", "nominee__code", "nominee__title", "nominee__state")
    columns = ("pk", "secret", "is_complete", *(f"votes__{name}" for name in votes))
    people = _PEOPLE.filter(pk=user.pk).annotate(ballot=own)
    return people.values_list("is_confirmed", *(f"ballot__{name}" for name in columns))


def sheet(paper: Paper, *, user: User) -> BallotSheet:
    """A person's ballot with the map of all categories. One query, whatever is chosen."""
    rows = list(_rows(paper.edition, user=user))
    is_confirmed, pk, secret, is_complete = rows[0][:4] if rows else (False, None, "", False)
    ballot = Ballot(pk=pk, edition=paper.edition, secret=secret, is_complete=is_complete) if pk else None
    chosen = {
        category: Choice(code=code, title=title, is_withdrawn=state == Nomination.State.WITHDRAWN)
        for *_ballot, category, code, title, state in rows
        if category
    }
    cells = [
        BallotMapCell(row, row.has_nominees, chosen.get(row.pk))  # type: ignore[attr-defined]  # annotated
        for row in paper.categories
    ]
    return BallotSheet(edition=paper.edition, is_confirmed=is_confirmed, ballot=ballot, cells=cells)


def squares(paper: Paper, *, sheet: BallotSheet, current: int | None = None) -> list[SafeString]:
    """The map of a ballot; `current`: the number of the category that is open."""
    return [
        paper.square(cell.category, state=cell.state, is_current=cell.category.number == current)
        for cell in sheet.cells
    ]


def progress(*, chosen: int, missing: int) -> str:
    """How far a ballot is, in words: “12 of 18 chosen, 6 missing.”"""
    numbers = {"chosen": chosen, "needed": chosen + missing, "missing": missing}
    if not chosen and not missing:
        return _("No category has a nominee.")
    if not missing:
        return ngettext("The one category is chosen.", "All %(needed)s categories are chosen.", chosen) % numbers
    return _("%(chosen)s of %(needed)s chosen, %(missing)s missing.") % numbers


@dataclass(frozen=True)
class OpenedCategory:
    """A category as one voter sees it; `came_for`: who is marked and not saved yet."""

    nominees: list[Nominee]  # in the voter's own order
    cards: list[SafeString]  # theirs, with the voter's marks
    is_fixed: bool  # chosen for good
    came_for: Nominee | None


def opened(paper: Paper, *, cell: BallotMapCell, user: User, asked: str, is_refused: bool) -> OpenedCategory:
    """A category with its nominees in the voter's own order.

    Who came for a nominee (`asked`, a code, perhaps of nobody) finds it marked instead of what is saved; not where that is
    final. It has the focus too, except where it was refused and the page says so first.
    """
    nominees = in_own_order(paper.nominees(cell.category), user=user)
    is_fixed = paper.edition.votes_final and cell.state == CHOSEN
    saved = cell.chosen.code if cell.chosen else ""
    found = next((nominee for nominee in nominees if nominee.code == asked), None)
    came_for = None if is_fixed or asked == saved else found
    marked = came_for.code if came_for else saved
    mark = " checked" + " disabled" * is_fixed + " autofocus" * bool(came_for and not is_refused)
    cards = [
        _with_mark(nominee.card, mark if nominee.code == marked else " disabled" * is_fixed) for nominee in nominees
    ]
    return OpenedCategory(nominees, cards, is_fixed=is_fixed, came_for=came_for)


def _with_mark(card: SafeString, mark: str) -> SafeString:
    """A card whose radio has these attributes instead of being disabled; the radio comes first in it."""
    return mark_safe(card.replace(" disabled", mark, 1))  # noqa: S308  a finished piece, and words of ours


def in_own_order[Row: (Nominee, Nomination)](nominees: Sequence[Row], *, user: User) -> list[Row]:
    """Nominees in an order drawn for one voter: always the same for them, another one for others, no place favoured."""

    def lot(nominee: Row) -> bytes:
        return salted_hmac("prizes.vote.ballot_page.order", f"{user.pk}|{nominee.code}", algorithm="sha256").digest()

    return sorted(nominees, key=lot)
