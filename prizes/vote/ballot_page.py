"""What the pages of a ballot show: the map of the categories, what is missing, the nominees in the voter's own order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import User
from prizes.models import Ballot, Category, Edition, Nomination, Phase, Vote
from prizes.vote import cast_vote

CHOSEN, MISSING, AGAIN, NONE = "chosen", "missing", "again", "none"


@dataclass(frozen=True)
class Cell:
    """A category in the map. `state`: chosen, missing, again (the chosen nominee withdrew) or none (without nominees)."""

    category: Category
    state: str

    @property
    def is_open(self) -> bool:
        """Whether a ballot is still to be filled in here."""
        return self.state == MISSING

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
        return [cell.category.number for cell in self.cells if cell.is_open]

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
    """A person's ballot with the map of all categories. At most four queries, whatever the number of categories."""
    ballot = Ballot.objects.of(user).filter(edition=edition).first()
    if ballot:
        ballot.edition = edition
    places = {place.number: place for place in cast_vote.standing(edition, ballot=ballot)}
    withdrawn = Vote.objects.filter(ballot=ballot, nominee__state=Nomination.State.WITHDRAWN) if ballot else None
    again = set(withdrawn.values_list("category", flat=True)) if withdrawn is not None else set()
    categories = Category.objects.filter(edition=edition).select_related("action_line").order_by("number")
    return Sheet(
        edition=edition,
        ballot=ballot,
        cells=[Cell(category, _state(places[category.number], again=again)) for category in categories],
    )


def _state(place: cast_vote.Place, *, again: set[int]) -> str:
    if place.nominee_id is None:
        return MISSING if place.has_nominees else NONE
    return AGAIN if place.category_id in again and place.has_nominees else CHOSEN


def progress(*, chosen: int, missing: int) -> str:
    """How far a ballot is, in words: “12 of 18 chosen, 6 missing.”"""
    numbers = {"chosen": chosen, "needed": chosen + missing, "missing": missing}
    if not missing:
        return ngettext("The one category is chosen.", "All %(needed)s categories are chosen.", chosen) % numbers
    return _("%(chosen)s of %(needed)s chosen, %(missing)s missing.") % numbers


def in_own_order(nominees: Iterable[Nomination], *, user: User) -> list[Nomination]:
    """Nominees in an order drawn for one voter: always the same for them, another one for others, no place favoured."""

    def lot(nominee: Nomination) -> bytes:
        return salted_hmac("prizes.vote.ballot_page.order", f"{user.pk}|{nominee.code}", algorithm="sha256").digest()

    return sorted(nominees, key=lot)


def nominees(category: Category, *, user: User) -> list[Nomination]:
    """Those who can be chosen in a category, in the voter's own order. One query."""
    rows = Nomination.objects.nominees().filter(category=category).select_related("country")
    return in_own_order(rows, user=user)


def choice(ballot: Ballot | None, *, category: Category) -> Nomination | None:
    """What a ballot has chosen in a category, also where that nominee has withdrawn since."""
    vote = Vote.objects.filter(ballot=ballot, category=category).select_related("nominee").first() if ballot else None
    return vote.nominee if vote else None


def choices(ballot: Ballot) -> dict[int, Nomination]:
    """All that a ballot has chosen: category number → nominee."""
    votes = Vote.objects.filter(ballot=ballot).select_related("nominee", "category").order_by("category__number")
    return {vote.category.number: vote.nominee for vote in votes}


def incomplete(user: User, *, forum_id: int, now: datetime) -> Ballot | None:
    """The begun ballot of a person that does not count yet, while its vote is open; else None. One query."""
    return (
        Ballot.objects.of(user)
        .filter(
            edition__forum=forum_id,
            edition__is_public=True,
            edition__polls_sealed__isnull=True,
            edition__phases__kind=Phase.Kind.VOTING,
            edition__phases__starts__lte=now,
            edition__phases__ends__gt=now,
            is_complete=False,
        )
        .select_related("edition")
        .first()
    )
