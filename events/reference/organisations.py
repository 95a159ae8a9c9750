"""Organisations that people name in words: found by name, by another name or by initials, offered where theirs is near, made
where nobody knew them.

A new one waits for a look (`is_checked`). Until then it is found by who types the same name, and offered to nobody else: what
somebody typed is shown to nobody before an organiser has read it.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Lower

from events.models import Country, Organisation, OrganisationName
from events.models.reference import StakeholderType
from events.shared.formatting.names import term
from events.shared.formatting.similar_names import WORD, is_near, plain, telling

MOST_OFFERED = 5
CANDIDATES = 60  # rows of the database that are compared letter by letter
LENGTH = 200  # of Organisation.name


class KnownOrganisation(NamedTuple):
    """What the site knows of a typed name: the one `organisation` that it means, else those that it `may_mean`."""

    organisation: Organisation | None
    may_mean: list[Organisation]


def label(organisation: Organisation) -> str:
    """An organisation as people choose it: its name, its initials, and the country that tells it from others. Comes with its
    country fetched."""
    country = term(organisation.country) if organisation.country else ""
    return " · ".join(part for part in (organisation.name, organisation.acronym, country) if part)


def find(name: str) -> Organisation | None:
    """The organisation of this name, this other name or these initials, capitals aside. Two queries at the most."""
    rows = Organisation.objects.filter(Q(name__iexact=name) | Q(acronym__iexact=name)).order_by("pk")
    found = list(rows)
    named = next((row for row in found if row.name.casefold() == name.casefold()), None)
    return named or _by_other_name(name) or next(iter(found), None)


def _by_other_name(name: str) -> Organisation | None:
    row = _called(OrganisationName.objects.select_related("organisation__country"), name).first()
    return row.organisation if row else None


def _called(rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    """Those of this name, capitals aside, as the indexes have names."""
    return rows.alias(low=Lower("name")).filter(low=Lower(Value(name)))


def meant(name: str, *, country: str = "") -> Organisation | None:
    """The organisation that a person of a `country` (its code) means who typed its whole name, or another name of it; but
    not the government body of that name in another country. Two queries at the most."""
    named = _named(name)
    return None if named and _is_elsewhere(named, country=country) else named


def known(name: str, *, country: str = "") -> KnownOrganisation:
    """What is known of a name that a person of a `country` (its code) typed. Five queries at the most.

    Initials, names that are near, and the bodies of other countries are only offered: at most five, the nearest first, of
    those that are checked.
    """
    named = _named(name)
    if named and not _is_elsewhere(named, country=country):
        return KnownOrganisation(named, [])
    found = [*([named] if named and named.is_checked else []), *near(name)]
    return KnownOrganisation(None, list(dict.fromkeys(found))[:MOST_OFFERED])


def _named(name: str) -> Organisation | None:
    return _called(Organisation.objects.select_related("country"), name).first() or _by_other_name(name)


def _is_elsewhere(organisation: Organisation, *, country: str) -> bool:
    """Whether it is a government's, and of another country: there is a “Ministry of Health” in each."""
    is_government = organisation.stakeholder_type == StakeholderType.GOVERNMENT
    return bool(is_government and organisation.country_id and country and organisation.country_id != country)


def near(name: str) -> list[Organisation]:
    """Checked organisations whose name or other name is near, or whose initials are among the words. Three queries."""
    pieces = _pieces(name)
    if not pieces:
        return []
    initials = _any("acronym__iexact", telling(plain(name).split()) | {name.strip()})
    checked = Organisation.objects.filter(is_checked=True)
    others = OrganisationName.objects.filter(organisation__is_checked=True)
    by_name = _closest(checked, pieces).select_related("country")
    by_initials = checked.filter(initials).exclude(acronym="").select_related("country")[:MOST_OFFERED]
    by_other = _closest(others, pieces).select_related("organisation__country")
    return [
        *(row for row in by_initials if is_near(name, row.name, acronym=row.acronym)),
        *(row for row in by_name if is_near(name, row.name)),
        *(row.organisation for row in by_other if is_near(name, row.name)),
    ]


def _pieces(name: str) -> list[str]:
    """Beginnings and ends of the words, as they were typed and without accents: a name that is near has some of them."""
    words = [*name.casefold().split(), *plain(name).split()]
    long = [word for word in words if len(word) >= WORD] or [word for word in words if len(word) > 1]
    ends = [piece for word in long for piece in (word[:WORD], word[-WORD:])]
    return list(dict.fromkeys(ends))[:16]


def _any(lookup: str, texts: Iterable[str]) -> Q:
    found = Q(pk__in=[])
    for text in texts:
        found |= Q(**{lookup: text})
    return found


def _closest(rows: QuerySet[Any], pieces: list[str]) -> QuerySet[Any]:
    """The rows whose name holds most of the pieces."""
    hits: Any = Value(0, output_field=IntegerField())
    for piece in pieces:
        hits += Case(When(name__icontains=piece, then=1), default=0, output_field=IntegerField())
    return rows.filter(_any("name__icontains", pieces)).annotate(hits=hits).order_by("-hits", "pk")[:CANDIDATES]


def locked(key: int) -> Organisation | None:
    """An organisation that is merged into no other before the transaction ends; None where it is gone already."""
    return Organisation.objects.select_for_update(no_key=True).filter(pk=key).first()


def find_or_make(
    name: str, *, stakeholder_type: str = StakeholderType.OTHER, country: Country | None = None, is_sample: bool = False
) -> Organisation | None:
    """Return the organisation of a name, made with these values where there is none; None for an empty name. Inside a
    transaction: until it ends nobody merges it into another."""
    name = " ".join(name.split())
    if not name:
        return None
    if found := find(name):
        return locked(found.pk) or find(name)  # merged in this moment: its name finds the one that stays
    return make(name, stakeholder_type=stakeholder_type, country=country, is_sample=is_sample)


def make(
    name: str,
    *,
    stakeholder_type: str = StakeholderType.OTHER,
    country: Country | None = None,
    is_another: bool = False,
    is_sample: bool = False,
) -> Organisation | None:
    """Make an organisation that waits for a look; where somebody else made it in this moment, return theirs.

    `is_another`: the name is that of a body of another country, so the own country stands behind it.
    """
    text = f"{name[: LENGTH - 90]} ({country.name})" if is_another and country else name
    try:
        with transaction.atomic():
            return Organisation.objects.create(
                name=text,
                stakeholder_type=stakeholder_type,
                country=country,
                is_checked=is_sample,
                is_sample=is_sample,
            )
    except IntegrityError:  # the name is taken by now
        return find(text)
