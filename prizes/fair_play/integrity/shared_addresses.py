"""Many ballots of one address or network, of throw-away mail domains, of one mail box under several names.

All of them compare keyed hashes that were written when the ballots were begun and filled (`Trace`): what accounts are called by now, or
whether they are erased, changes nothing.
"""

from typing import Any

from django.db.models import Count, Min, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from prizes.fair_play.integrity.findings import BallotGroup, Finding
from prizes.models import Ballot, Edition, Trace
from prizes.vote import mail_services, network_key, voter_traces


class Shared(Finding):
    """Ballots that share a trace. A group's key is the number of its first row, so that no hash is in an address."""

    least = 2
    kind: Trace.Kind
    name: Any  # how people call a group; `n` counts from 1, the largest first

    def rows(self, edition: Edition) -> QuerySet[Any]:
        return Trace.objects.filter(ballot__edition=edition, kind=self.kind)

    def groups(self, edition: Edition) -> list[BallotGroup]:
        rows = self.rows(edition).order_by().values("digest").annotate(first=Min("pk"), number=Count("pk"))
        found = rows.filter(number__gte=self.least).order_by("-number", "first")
        return [
            BallotGroup(row["first"], self.label(edition, row["digest"], place=place), row["number"])
            for place, row in enumerate(found, start=1)
        ]

    def label(self, _edition: Edition, _digest: str, *, place: int) -> str:
        return str(self.name % {"n": place})

    def ballots(self, edition: Edition, key: int) -> QuerySet[Ballot]:
        rows = self.rows(edition)
        same = rows.filter(digest__in=rows.filter(pk=key).values("digest"))
        return Ballot.objects.filter(edition=edition, pk__in=same.values("ballot_id")).order_by("pk")


class SharedAddresses(Shared):
    """Ballots filled from one place (`prizes.vote.network_traces`), told apart by a number only."""

    words = ngettext_lazy(
        "%(n)s ballot or more from one place. A university, a company or a mobile network looks the same.",
        "%(n)s ballots or more from one place. A university, a company or a mobile network looks the same.",
        "n",
    )


class Addresses(SharedAddresses):
    slug, title, name = "addresses", _("Shared addresses"), _("Address %(n)s")
    kind, least, figures = Trace.Kind.ADDRESS, 5, {"n": 5}


class Networks(SharedAddresses):
    slug, title, name = "networks", _("Shared networks"), _("Network %(n)s")
    kind, least, figures = Trace.Kind.NETWORK, 20, {"n": 20}


class ThrowAway(Shared):
    """Ballots of accounts whose mail service gives anybody an address for some minutes; a service that is listed later is found too."""

    slug, title = "throw-away", _("Throw-away mail")
    words = _("Accounts that began their ballot with an address of a service that gives anybody one for some minutes.")
    kind, least = Trace.Kind.DOMAIN, 1

    def rows(self, edition: Edition) -> QuerySet[Any]:
        return super().rows(edition).filter(digest__in=self._services(edition))

    def label(self, edition: Edition, digest: str, *, place: int) -> str:
        return self._services(edition)[digest]

    @staticmethod
    def _services(edition: Edition) -> dict[str, str]:
        """The name of each known service under the hash of the edition; none once its key is destroyed."""
        if (key := network_key.key(edition)) is None:
            return {}
        return {voter_traces.trace(key, kind=Trace.Kind.DOMAIN, text=name): name for name in mail_services.throwaway()}


class Boxes(Shared):
    """Ballots of accounts whose addresses differed only by dots, by a +tag or by capital letters."""

    slug, title, name = "boxes", _("Addresses that differ by dots or a +tag"), _("Mail box %(n)s")
    words = _(
        "Several ballots begun by accounts whose mail may have led to one box. Not every service reads addresses so."
    )
    kind = Trace.Kind.BOX
