"""Organisations that people name in words: found by name or initials, made where nobody knew them."""

from django.db import IntegrityError, transaction
from django.db.models import Q

from events.models import Country, Organisation
from events.models.reference import StakeholderType


def find(name: str) -> Organisation | None:
    """The organisation of this name (or these initials), capitals aside."""
    rows = Organisation.objects.filter(Q(name__iexact=name) | Q(acronym__iexact=name)).order_by("pk")
    return next((row for row in rows if row.name.casefold() == name.casefold()), rows.first())


def find_or_make(
    name: str, *, stakeholder_type: str = StakeholderType.OTHER, country: Country | None = None, is_sample: bool = False
) -> Organisation | None:
    """Return the organisation of a name, made with these values where there is none; None for an empty name."""
    name = " ".join(name.split())
    if not name:
        return None
    if found := find(name):
        return found
    try:
        with transaction.atomic():
            return Organisation.objects.create(
                name=name, stakeholder_type=stakeholder_type, country=country, is_sample=is_sample
            )
    except IntegrityError:  # another one was accepted in this moment, with the same organisation
        return find(name)
