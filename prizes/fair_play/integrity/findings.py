"""What every finding of the report is: groups of ballots, with a number and a name for each group."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, overload

from django.db.models import Model, QuerySet
from django.utils.functional import cached_property

from prizes.models import Ballot, Edition


@dataclass(frozen=True)
class Group:
    """Ballots that have something in common. `key`: its number in the report's addresses; it says nothing by itself."""

    key: int
    label: str
    ballots: int


class Finding(ABC):
    """One question that the report asks. `slug` stands in addresses; `title` and `explanation` are for people."""

    slug: ClassVar[str] = ""

    @property
    @abstractmethod
    def title(self) -> str: ...

    @property
    @abstractmethod
    def explanation(self) -> str:
        """What is looked for, with the threshold, and what else can look the same."""

    @abstractmethod
    def groups(self, edition: Edition) -> Sequence[Group]:
        """The groups over the threshold, the largest first. Long ones are read in slices: they are never held whole."""

    @abstractmethod
    def group(self, edition: Edition, key: int) -> Group | None:
        """The group of this number; None where there is none."""

    @abstractmethod
    def ballots(self, edition: Edition, key: int) -> QuerySet[Ballot]:
        """The ballots of the group, in the order of their numbers."""


class Rows[M: Model](Sequence[Group]):
    """A grouped query as a sequence that is counted and read in slices by the database."""

    def __init__(self, rows: QuerySet[M, dict[str, Any]], make: Callable[[dict[str, Any], int], Group]) -> None:
        self._rows, self._make = rows, make

    @cached_property
    def _length(self) -> int:
        return self._rows.count()

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> Group: ...

    @overload
    def __getitem__(self, place: slice) -> list[Group]: ...

    def __getitem__(self, place: int | slice) -> Group | list[Group]:
        if isinstance(place, int):
            return self._make(self._rows[place], place)
        start = place.start or 0
        return [self._make(row, start + step) for step, row in enumerate(self._rows[place])]
