"""How many people may take part in a kind, all together and of one organisation, and who has the next place.

A rule that gives a place locks the kind, counts, and gives it, in one transaction.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from events.models import Organisation
from events.shared.formatting.names import term
from registration.models import Kind, Quota, Registration, RegistrationInvitation, Waiting

PASSED = (Registration.State.WITH_SECRETARIAT, Registration.State.WAITING, Registration.State.APPROVED)


def limit(kind: Kind, *, organisation: int) -> int | None:
    """The places of an organisation (its key) in a kind; None: there is no limit. One query."""
    quotas = Quota.objects.filter(kind=kind, organisation=organisation)
    own = quotas.values_list("places", flat=True).order_by("pk").first()
    return kind.per_organisation if own is None else own


def lockable_kinds() -> QuerySet[Kind]:
    """Kinds under their lock. Registrations that name them can still be written (`no_key`)."""
    return Kind.objects.select_for_update(of=("self",), no_key=True)


def locked_kind(pk: int) -> Kind:
    """A kind under its lock, with its forum."""
    return lockable_kinds().select_related("forum").get(pk=pk)


def locked_kind_of(registration: Registration) -> Kind | None:
    """The kind of a registration under its lock, or None."""
    return locked_kind(registration.kind_id) if registration.kind_id else None


def holders() -> QuerySet[Registration]:
    """Those who have a place in their kind: they take part, or the place is kept for them."""
    kept = Waiting.objects.filter(registration=OuterRef("pk"), session=None, offered_until__isnull=False)
    is_kept = Q(state=Registration.State.WAITING) & Exists(kept)
    return Registration.objects.standing().filter(Q(state=Registration.State.APPROVED) | is_kept).order_by()


def passed() -> QuerySet[Registration]:
    """Those for whom a focal point has given a place of its organisation."""
    return Registration.objects.standing().filter(state__in=PASSED).order_by()


def people_in(kind: Kind, *, apart_from: int = 0) -> int:
    """How many people have a place in a kind, but for one registration (its key)."""
    return holders().filter(kind=kind).exclude(pk=apart_from).count()


def check(registration: Registration, *, kind: Kind | None, now: datetime) -> None:
    """Refuse to give a place in the registration's kind, which is locked, where there is none: `kind-full` (also where the free
    places are for those who wait), `quota-full`, and `no-organisation` where the places are for organisations."""
    if kind is None:
        return
    is_full = kind.capacity is not None and people_in(kind, apart_from=registration.pk) >= kind.capacity
    if not is_full and now < kind.last_moment:
        first = first_in_line(kind, apart_from=registration.pk)
        is_full = first is not None and first.registration_id != registration.pk
    if is_full:
        raise ValidationError(_("%(kind)s: all places are taken") % {"kind": term(kind)}, code="kind-full")
    _check_organisation(registration, kind=kind, given=holders)


def check_promised(registration: Registration, *, now: datetime) -> None:
    """Refuse as `check` where the focal point of an organisation has given all its places: to those whom it has approved, whatever
    was decided since, and to those who are invited and have not answered."""
    if (kind := locked_kind_of(registration)) is None:
        return
    invited = RegistrationInvitation.objects.open_at(now).filter(kind=kind, organisation=registration.affiliation_id)
    _check_organisation(registration, kind=kind, given=passed, invited=invited.count())


def _check_organisation(
    registration: Registration, *, kind: Kind, given: Callable[[], QuerySet[Registration]], invited: int = 0
) -> None:
    """`given`: those who have one of the places."""
    if registration.affiliation_id is None:
        must_name_organisation(kind)
        return
    places = limit(kind, organisation=registration.affiliation_id)
    if places is None:
        return
    own = given().filter(kind=kind, affiliation=registration.affiliation_id).exclude(pk=registration.pk)
    if own.count() + invited >= places:
        words = _("%(kind)s: the %(places)s places of this organisation are taken")
        raise ValidationError(words % {"kind": term(kind), "places": places}, code="quota-full")


def must_name_organisation(kind: Kind) -> None:
    """Refuse `no-organisation`, somebody without one, where the places of a kind are for organisations."""
    if kind.per_organisation is not None:
        words = _("The places of this kind are for organisations. Say first which organisation the person belongs to")
        raise ValidationError(words, code="no-organisation")


def first_in_line(kind: Kind, *, apart_from: int = 0, passed: Collection[int] = ()) -> Waiting | None:
    """The first on the waiting list of a kind for whom there is a place; None: nobody. Who waits for a place of their organisation
    holds up nobody of another one. `apart_from`: the key of a registration that holds no place yet, whatever its row says; `passed`:
    the keys of rows that are passed over."""
    if not Waiting.objects.in_line().of_kind(kind.pk).exists():
        return None
    if kind.capacity is not None and people_in(kind, apart_from=apart_from) >= kind.capacity:
        return None
    people = holders().filter(kind=kind).exclude(pk=apart_from)
    line = Waiting.objects.in_line().of_kind(kind.pk).exclude(pk__in=passed)
    if kind.per_organisation is not None:
        line = line.exclude(registration__affiliation=None)
    waiting = set(line.order_by().values_list("registration__affiliation", flat=True)) - {None}
    own = dict(Quota.objects.filter(kind=kind, organisation__in=waiting).values_list("organisation", "places"))
    limits = {key: own.get(key, kind.per_organisation) for key in waiting}
    limited = [key for key, places in limits.items() if places is not None]
    counts = people.filter(affiliation__in=limited).values_list("affiliation").annotate(n=Count("pk"))
    taken = dict(counts) if limited else {}
    full = [key for key in limited if taken.get(key, 0) >= (limits[key] or 0)]
    return (line.exclude(registration__affiliation__in=full) if full else line).first()


class QuotaUse(NamedTuple):
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


def places(kinds: Collection[Kind], *, organisations: Collection[Organisation], now: datetime) -> list[QuotaUse]:
    """The places of each of these organisations in those of these kinds that have a limit for it. Three queries."""
    own = {"kind__in": [kind.pk for kind in kinds]}
    limits = Quota.objects.filter(**own, organisation__in=organisations).values_list("kind", "organisation", "places")
    limited = {(kind, organisation): number for kind, organisation, number in limits}
    given = passed().filter(**own, affiliation__in=organisations)
    invited = RegistrationInvitation.objects.open_at(now).filter(**own, organisation__in=organisations).order_by()
    taken = _counted(given.values_list("kind", "affiliation"))
    open_now = _counted(invited.values_list("kind", "organisation"))
    found = []
    for kind in sorted(kinds, key=lambda one: (one.order, one.pk)):
        for one in sorted(organisations, key=lambda one: (one.name, one.pk)):
            key = (kind.pk, one.pk)
            most = limited.get(key, kind.per_organisation)
            if most is not None:
                found.append(QuotaUse(kind, one, taken.get(key, 0), open_now.get(key, 0), most))
    return found


def _counted(pairs: Any) -> dict[tuple[int, int], int]:
    """How many rows there are of each kind and organisation."""
    return {(kind, organisation): number for kind, organisation, number in pairs.annotate(number=Count("pk"))}


_OWN = holders().filter(kind=OuterRef("kind"), affiliation=OuterRef("organisation")).order_by()
# To annotate quotas with: how many people of each have a place.
PEOPLE = Coalesce(Subquery(_OWN.values("kind").annotate(n=Count("pk")).values("n")), 0)
