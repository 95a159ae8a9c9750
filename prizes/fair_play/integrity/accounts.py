"""Many ballots of one address or network, of throw-away mail domains, of one mail box under several names."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from prizes.fair_play import mail_domains
from prizes.fair_play.integrity.findings import Finding, Group, Rows
from prizes.models import Ballot, Edition, Trace


class Shared(Finding):
    """Ballots that share a `value`. A group's key is the number of its first row, so that no value is in an address."""

    least = 2
    ballot = "pk"  # of a row of `rows`, the ballot's number

    @abstractmethod
    def rows(self, edition: Edition) -> QuerySet[Any]:
        """The rows with their `value`."""

    def label(self, value: str, *, place: int) -> str:
        """How people call the group; `place` counts from 0, the largest group first."""
        return value

    def _grouped(self, edition: Edition) -> QuerySet[Any, dict[str, Any]]:
        found = self.rows(edition).order_by().values("value").annotate(first=Min("pk"), number=Count("pk"))
        return found.filter(number__gte=self.least).order_by("-number", "first")

    def groups(self, edition: Edition) -> Sequence[Group]:
        return Rows(self._grouped(edition), self._make)

    def _make(self, row: dict[str, Any], place: int) -> Group:
        return Group(key=row["first"], label=self.label(row["value"], place=place), ballots=row["number"])

    def _value(self, edition: Edition, key: int) -> str | None:
        return self.rows(edition).filter(pk=key).values_list("value", flat=True).first()

    def group(self, edition: Edition, key: int) -> Group | None:
        value = self._value(edition, key)
        grouped = self._grouped(edition)
        row = grouped.filter(value=value).first() if value is not None else None
        if row is None or row["first"] != key:
            return None
        before = Q(number__gt=row["number"]) | Q(number=row["number"], first__lt=row["first"])
        return self._make(row, grouped.filter(before).count())

    def ballots(self, edition: Edition, key: int) -> QuerySet[Ballot]:
        same = self.rows(edition).filter(value=self._value(edition, key))
        return Ballot.objects.filter(edition=edition, pk__in=same.values(self.ballot)).order_by("pk")


class Places(Shared):
    """Ballots filled from one address, or from one network: the digests of `prizes.vote.network_traces`, told apart by a number only."""

    ballot = "ballot_id"

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.slug = "addresses" if kind == Trace.Kind.ADDRESS else "networks"  # type: ignore[misc]
        self.least = 5 if kind == Trace.Kind.ADDRESS else 20

    @property
    def title(self) -> str:
        return _("Shared addresses") if self.kind == Trace.Kind.ADDRESS else _("Shared networks")

    @property
    def explanation(self) -> str:
        words = ngettext(
            "%(n)s ballot or more from one place. A university, a company or a mobile network looks the same.",
            "%(n)s ballots or more from one place. A university, a company or a mobile network looks the same.",
            self.least,
        )
        return words % {"n": self.least}

    def rows(self, edition: Edition) -> QuerySet[Any]:
        return Trace.objects.filter(ballot__edition=edition, kind=self.kind).annotate(value=F("digest"))

    def label(self, value: str, *, place: int) -> str:
        words = _("Address %(n)s") if self.kind == Trace.Kind.ADDRESS else _("Network %(n)s")
        return words % {"n": place + 1}


class ThrowAway(Shared):
    """Ballots of accounts whose mail service gives anybody an address for some minutes."""

    slug = "throw-away"
    least = 1

    @property
    def title(self) -> str:
        return _("Throw-away mail")

    @property
    def explanation(self) -> str:
        return _("Accounts of mail services that give anybody an address for some minutes.")

    def rows(self, edition: Edition) -> QuerySet[Any]:
        found = Ballot.objects.filter(edition=edition).annotate(
            value=mail_domains.domain_of("user__email"), parent=mail_domains.parent_of("user__email")
        )
        return found.filter(mail_domains.is_throwaway("value"))


class Boxes(Shared):
    """Ballots of accounts whose addresses differ only by dots, by a +tag or by capital letters."""

    slug = "boxes"

    @property
    def title(self) -> str:
        return _("Addresses that differ by dots or a +tag")

    @property
    def explanation(self) -> str:
        return _("Several accounts whose mail may lead to one box. Not every service reads addresses so.")

    def rows(self, edition: Edition) -> QuerySet[Any]:
        found = Ballot.objects.filter(edition=edition).annotate(
            domain=mail_domains.domain_of("user__email"), value=mail_domains.box_of("user__email")
        )
        return found.exclude(value__startswith="@")
