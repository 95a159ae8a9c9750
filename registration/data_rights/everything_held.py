"""A person with all that is held on them: what each app declares (`hooks.personal_data`), gathered."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from allauth.account.models import EmailAddress

from events import hooks
from events.held_rows import Person, PersonalData, Published
from events.models import User
from events.personal_data import speakers_of
from registration.models import Registration

# Higher apps first: their rows hang on those of the lower ones.
APPS = ("prizes", "registration", "events")


def person_of(user: User, *, taken_out: list[str] | None = None) -> Person:
    """The person of an account, with the addresses and names by which it was known so far. Three queries.

    Only confirmed addresses: what is held at one that somebody merely entered is another person's.
    """
    confirmed = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    addresses = {user.email, *confirmed}
    names = {user.name, *Registration.objects.filter(user=user).values_list("name", flat=True)}
    person = Person(
        user=user,
        addresses=frozenset(address.lower() for address in addresses if address),
        names=frozenset(name for name in names if name),
        taken_out=frozenset(taken_out or ()),
    )
    spoken = set(speakers_of(person).values_list("name", flat=True))
    return replace(person, names=person.names | spoken)


def parts() -> Iterator[PersonalData]:
    """What each app declares."""
    for app in APPS:
        for function in hooks.personal_data.of(app):
            yield function()


def published(person: Person) -> list[Published]:
    """What of the person the public sees."""
    return [one for part in parts() for one in part.published(person)]


def warnings(person: Person, *, now: datetime) -> list[str]:
    """What the person should know before an erasure."""
    return [words for part in parts() for words in part.warns(person, now)]
