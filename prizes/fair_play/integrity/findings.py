"""What every finding of the report is: groups of ballots, with a number and a name for each group."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db.models import QuerySet

from prizes.models import Ballot, Edition


class BallotGroup(NamedTuple):
    """Ballots that have something in common. `key`: its number in the report's addresses; it says nothing by itself."""

    key: int
    label: str
    ballots: int


class Finding(ABC):
    """One question that the report asks. `slug` stands in addresses; `title` and `words` are lazy texts for people."""

    slug: str
    title: Any
    words: Any
    figures: Mapping[str, float] = {}  # the thresholds that `words` names

    @property
    def explanation(self) -> str:
        """What is looked for, with the threshold, and what else can look the same."""
        return str(self.words % self.figures)

    @abstractmethod
    def groups(self, edition: Edition) -> list[BallotGroup]:
        """The groups over the threshold, the largest first."""

    def group(self, edition: Edition, key: int) -> BallotGroup | None:
        """The group of this number; None where there is none."""
        return next((group for group in self.groups(edition) if group.key == key), None)

    @abstractmethod
    def ballots(self, edition: Edition, key: int) -> QuerySet[Ballot]:
        """The ballots of the group, in the order of their numbers."""
