"""How many people may take part in a kind, all together and of one organisation.

Whoever gives a place holds the kind locked, counts, and gives it in the same transaction.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from events.models import Organisation
from registration.models import Kind, Quota, Registration

PASSED = (Registration.State.WITH_SECRETARIAT, Registration.State.APPROVED)  # for whom a focal point has given a place


def limit(kind: Kind, *, organisation: int | None) -> int | None:
    """The places of an organisation (its key) in a kind; None: there is no limit. One query."""
    own = Quota.objects.filter(kind=kind, organisation=organisation).values_list("places", flat=True).first()
    return kind.per_organisation if own is None else own


def check(registration: Registration, *, with_passed: bool = False) -> None:
    """Refuse to give a place in the registration's kind where there is none: `kind-full`, `quota-full`, and `no-organisation`
    where the places are for organisations. The kind stays locked until the end of the transaction.

    `with_passed`: those of the organisation whom its focal point has approved take a place already."""
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
    if with_passed:
        others = (
            Registration.objects.standing().filter(kind=kind, state__in=PASSED).exclude(pk=registration.pk).order_by()
        )
    places = limit(kind, organisation=registration.affiliation_id)
    if places is not None and others.filter(affiliation=registration.affiliation_id).count() >= places:
        words = _("%(kind)s: the %(places)s places of this organisation are taken")
        raise ValidationError(words % {"kind": kind.local_name, "places": places}, code="quota-full")


class Places(NamedTuple):
    """The places of an organisation in a kind: how many there are, and how many its focal point has given."""

    kind: Kind
    organisation: Organisation
    taken: int
    limit: int


def left(people: Sequence[Registration]) -> list[Places]:
    """The places of each kind and organisation of these registrations that has a limit. One query."""
    pairs = {(row.kind, row.affiliation) for row in people if row.kind and row.affiliation}
    own = Quota.objects.filter(
        kind__in={kind.pk for kind, _of in pairs}, organisation__in={of.pk for _kind, of in pairs}
    )
    limits = {(quota.kind_id, quota.organisation_id): quota.places for quota in own}
    found = []
    for kind, organisation in sorted(pairs, key=lambda pair: (pair[0].order, pair[0].pk, pair[1].pk)):
        places = limits.get((kind.pk, organisation.pk), kind.per_organisation)
        taken = sum(
            row.kind_id == kind.pk and row.affiliation_id == organisation.pk and row.state in PASSED for row in people
        )
        if places is not None:
            found.append(Places(kind, organisation, taken, places))
    return found


def with_people(quotas: QuerySet[Quota]) -> QuerySet[Any]:
    """The quotas, each with the number of its `people` who take part."""
    own = Registration.objects.active().filter(kind=OuterRef("kind"), affiliation=OuterRef("organisation"))
    number = own.order_by().values("kind").annotate(n=Count("pk")).values("n")
    return quotas.annotate(people=Coalesce(Subquery(number), 0))
