"""Many ballots of one address or network, of throw-away mail domains, of one mail box under several names."""

from abc import abstractmethod
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from prizes.fair_play import mail_domains
from prizes.fair_play.integrity.findings import Finding, Group
from prizes.models import Ballot, Edition, Trace


class Shared(Finding):
    """Ballots that share a `value`. A group's key is the number of its first row, so that no value is in an address."""

    least = 2
    ballot = "pk"  # of a row of `rows`, the ballot's number
    name: Any = "%(value)s"  # how people call a group; `n` counts from 1, the largest first

    @abstractmethod
    def rows(self, edition: Edition) -> QuerySet[Any]:
        """The rows with their `value`."""

    def groups(self, edition: Edition) -> list[Group]:
        rows = self.rows(edition).order_by().values("value").annotate(first=Min("pk"), number=Count("pk"))
        found = rows.filter(number__gte=self.least).order_by("-number", "first")
        return [
            Group(row["first"], str(self.name % {"value": row["value"], "n": place}), row["number"])
            for place, row in enumerate(found, start=1)
        ]

    def ballots(self, edition: Edition, key: int) -> QuerySet[Ballot]:
        rows = self.rows(edition)
        same = rows.filter(value__in=rows.filter(pk=key).values("value"))
        return Ballot.objects.filter(edition=edition, pk__in=same.values(self.ballot)).order_by("pk")


class Places(Shared):
    """Ballots filled from one place: the digests of `prizes.vote.network_traces`, told apart by a number only."""

    ballot = "ballot_id"
    kind: Trace.Kind
    words = ngettext_lazy(
        "%(n)s ballot or more from one place. A university, a company or a mobile network looks the same.",
        "%(n)s ballots or more from one place. A university, a company or a mobile network looks the same.",
        "n",
    )

    def rows(self, edition: Edition) -> QuerySet[Any]:
        return Trace.objects.filter(ballot__edition=edition, kind=self.kind).annotate(value=F("digest"))


class Addresses(Places):
    slug, title, name = "addresses", _("Shared addresses"), _("Address %(n)s")
    kind, least, figures = Trace.Kind.ADDRESS, 5, {"n": 5}


class Networks(Places):
    slug, title, name = "networks", _("Shared networks"), _("Network %(n)s")
    kind, least, figures = Trace.Kind.NETWORK, 20, {"n": 20}


class ThrowAway(Shared):
    """Ballots of accounts whose mail service gives anybody an address for some minutes."""

    slug, title = "throw-away", _("Throw-away mail")
    words = _("Accounts of mail services that give anybody an address for some minutes.")
    least = 1

    def rows(self, edition: Edition) -> QuerySet[Any]:
        found = Ballot.objects.filter(edition=edition).annotate(
            value=mail_domains.domain_of("user__email"), parent=mail_domains.parent_of("user__email")
        )
        known = sorted(mail_domains.throwaway())  # or the domain above: x.mailinator.com
        return found.filter(Q(value__in=known) | Q(parent__in=known))


class Boxes(Shared):
    """Ballots of accounts whose addresses differ only by dots, by a +tag or by capital letters."""

    slug, title = "boxes", _("Addresses that differ by dots or a +tag")
    words = _("Several accounts whose mail may lead to one box. Not every service reads addresses so.")

    def rows(self, edition: Edition) -> QuerySet[Any]:
        found = Ballot.objects.filter(edition=edition).annotate(
            domain=mail_domains.domain_of("user__email"), value=mail_domains.box_of("user__email")
        )
        return found.exclude(value__startswith="@")
