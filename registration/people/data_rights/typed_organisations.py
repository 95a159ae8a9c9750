"""What a person typed as their organisation, and no organiser has looked at: it may be anything, the person's name too. It goes
with them, unless somebody else named the same; as an organisation, and as another name of the one into which it was merged.
"""

from typing import NamedTuple

from django.db.models import Model, Q

from events.models import HistoryEntry, Invitation, Organisation, OrganisationName, Proposal, User
from events.personal_data import HISTORY, invitations_of, speakers_of
from events.reference import merging
from events.shared.held_rows import HeldPerson, redact
from events.shared.redaction import Redaction
from registration.models import Attendance, Registration

# Where people type the name of an organisation.
TYPED: list[tuple[type[Model], str]] = [
    (Registration, "organisation"),
    (User, "organisation"),
    (Invitation, "organisation_name"),
    (Proposal, "organisation_name"),
]


class Typed(NamedTuple):
    """What somebody typed: the texts, and the organisations that they named (by their keys)."""

    texts: set[str]
    organisations: set[int]


def of(person: HeldPerson) -> Typed:
    """What a person typed as their organisation; asked before their rows are emptied."""
    registered, spoken = Registration.objects.filter(user=person.user), speakers_of(person)
    proposed = Proposal.objects.filter(proposer=person.user).values_list("organisation_name", "co_organisers")
    texts = {
        person.user.organisation,
        *registered.values_list("organisation", flat=True),
        *invitations_of(person).values_list("organisation_name", flat=True),
        *(text for own, others in proposed for text in (own, *others)),
    }
    named = {*registered.values_list("affiliation", flat=True), *spoken.values_list("organisation", flat=True)}
    named |= set(Attendance.objects.filter(registration__in=registered).values_list("organisation", flat=True))
    return Typed({" ".join(str(text).split()) for text in texts} - {""}, {key for key in named if key})


def forget(typed: Typed, person: HeldPerson) -> None:
    """Delete what nobody else named, once the person's rows are emptied. Twice changes nothing."""
    own = Attendance.objects.filter(registration__user=person.user)
    alone = {text for text in typed.texts if not _is_named(text, by_others_than=person.user)}
    unseen = Organisation.objects.filter(Q(pk__in=typed.organisations) | _called(alone), is_checked=False)
    keys = list(unseen.values_list("pk", flat=True))
    named = Attendance.objects.filter(organisation__in=keys).exclude(registration__user=person.user)
    own.filter(organisation__in=set(keys) - set(named.values_list("organisation", flat=True))).update(organisation=None)
    gone = merging.forget_unused(keys)
    other = OrganisationName.objects.filter(_called(alone), is_typed=True)
    gone |= set(other.values_list("name", flat=True))
    other.delete()
    merged = HistoryEntry.objects.filter(model=Organisation._meta.label_lower)
    redact(merged, Redaction(addresses=(), names=gone), *HISTORY)


def _is_named(text: str, *, by_others_than: User) -> bool:
    rows = [model._base_manager.filter(**{f"{column}__iexact": text}) for model, column in TYPED]
    others = [found.exclude(pk=by_others_than.pk) if found.model is User else found for found in rows]
    return any(found.exists() for found in others)


def _called(texts: set[str]) -> Q:
    """Rows of that name, or with a country behind it (`organisations.make`)."""
    found = Q(pk__in=[])
    for text in texts:
        found |= Q(name__iexact=text) | Q(name__istartswith=f"{text} (")
    return found
