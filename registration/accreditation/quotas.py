"""How many people may take part in a kind, all together and of one organisation.

Whoever gives a place holds the kind locked, counts, and gives it in the same transaction.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from events.models import Organisation
from registration.models import Kind, Quota, Registration, RegistrationInvitation

PASSED = (Registration.State.WITH_SECRETARIAT, Registration.State.APPROVED)  # for whom a focal point has given a place


def limit(kind: Kind, *, organisation: int | None) -> int | None:
    """The places of an organisation (its key) in a kind; None: there is no limit. One query."""
    own = Quota.objects.filter(kind=kind, organisation=organisation).values_list("places", flat=True).first()
    return kind.per_organisation if own is None else own


def check(registration: Registration, *, promised_at: datetime | None = None) -> None:
    """Refuse to give a place in the registration's kind where there is none: `kind-full`, `quota-full`, and `no-organisation`
    where the places are for organisations. The kind stays locked until the end of the transaction.

    `promised_at`: for a focal point, at a moment: those whom it has approved take a place already, and those who are invited
    and have not answered."""
    if registration.kind_id is None:
        return
    kind = Kind.objects.select_for_update(no_key=True).get(pk=registration.kind_id)
    others = Registration.objects.active().filter(kind=kind).exclude(pk=registration.pk).order_by()
    if kind.capacity is not None and others.count() >= kind.capacity:
        raise ValidationError(_("%(kind)s: all places are taken") % {"kind": kind.local_name}, code="kind-full")
    if registration.affiliation_id is None:
        if kind.per_organisation is not None:
            words = _(
                "The places of this kind are for organisations. Say first which organisation the person belongs to"
            )
            raise ValidationError(words, code="no-organisation")
        return
    places = limit(kind, organisation=registration.affiliation_id)
    if places is None:
        return
    own = others.filter(affiliation=registration.affiliation_id)
    number = own.count()
    if promised_at:
        passed = Registration.objects.standing().filter(kind=kind, state__in=PASSED).exclude(pk=registration.pk)
        invited = RegistrationInvitation.objects.open_at(promised_at).filter(kind=kind)
        number = passed.filter(affiliation=registration.affiliation_id).count()
        number += invited.filter(organisation=registration.affiliation_id).count()
    if number >= places:
        words = _("%(kind)s: the %(places)s places of this organisation are taken")
        raise ValidationError(words % {"kind": kind.local_name, "places": places}, code="quota-full")


class Places(NamedTuple):
    """The places of an organisation in a kind: how many there are, how many its focal point has given, and how many people are
    invited and have not answered."""

    kind: Kind
    organisation: Organisation
    taken: int
    invited: int
    limit: int

    @property
    def left(self) -> int:
        return max(self.limit - self.taken - self.invited, 0)


def places(kinds: Collection[Kind], *, organisations: Collection[Organisation], now: datetime) -> list[Places]:
    """The places of each of these organisations in those of these kinds that have a limit for it. Three queries."""
    own = {"kind__in": [kind.pk for kind in kinds]}
    limits = Quota.objects.filter(**own, organisation__in=organisations).values_list("kind", "organisation", "places")
    limited = {(kind, organisation): number for kind, organisation, number in limits}
    passed = Registration.objects.standing().filter(**own, affiliation__in=organisations, state__in=PASSED).order_by()
    invited = RegistrationInvitation.objects.open_at(now).filter(**own, organisation__in=organisations).order_by()
    taken = _counted(passed.values_list("kind", "affiliation"))
    open_now = _counted(invited.values_list("kind", "organisation"))
    found = []
    for kind in sorted(kinds, key=lambda one: (one.order, one.pk)):
        for one in sorted(organisations, key=lambda one: (one.name, one.pk)):
            key = (kind.pk, one.pk)
            most = limited.get(key, kind.per_organisation)
            if most is not None:
                found.append(Places(kind, one, taken.get(key, 0), open_now.get(key, 0), most))
    return found


def _counted(pairs: Any) -> dict[tuple[int, int], int]:
    """How many rows there are of each kind and organisation."""
    return {(kind, organisation): number for kind, organisation, number in pairs.annotate(number=Count("pk"))}


def with_people(quotas: QuerySet[Quota]) -> QuerySet[Any]:
    """The quotas, each with the number of its `people` who take part."""
    own = Registration.objects.active().filter(kind=OuterRef("kind"), affiliation=OuterRef("organisation"))
    number = own.order_by().values("kind").annotate(n=Count("pk")).values("n")
    return quotas.annotate(people=Coalesce(Subquery(number), 0))
