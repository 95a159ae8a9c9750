"""A person with all that is held on them: what each app declares (`hooks.personal_data`), gathered."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Q, QuerySet
from django.utils.crypto import salted_hmac

from events.models import Speaker, User
from events.personal_data import speakers_of
from events.shared import hooks
from events.shared.held_rows import Held, HeldPerson, PersonalData, Published
from registration.models import Formerly, Registration
from registration.people.accounts.log_ins import hooks as accounts_hooks

LEFT = "registration.people.data_rights.left"  # salt of the digests of `_as_left`
# Higher apps first: their rows hang on those of the lower ones.
APPS = ("prizes", "registration", "events")


def person_of(user: User, *, taken_out: Collection[str] = ()) -> HeldPerson:
    """The person of an account, with the addresses and names by which it is and was known.

    Only confirmed addresses: what is held at one that somebody merely entered is another person's.
    """
    confirmed = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    addresses = {address.lower() for address in (user.email, *confirmed) if address}
    before = Formerly.objects.filter(user=user)
    registered = Registration.objects.filter(user=user).values_list("name", "latin_name")
    names = {user.name, *before.values_list("name", flat=True), *(name for row in registered for name in row)}
    left = set(before.values_list("email", flat=True)) - addresses
    taken = EmailAddress.objects.filter(email__in=left, verified=True).values_list("email", flat=True)
    person = HeldPerson(
        user=user,
        addresses=frozenset(addresses),
        names=frozenset(name for name in names if name),
        taken_out=frozenset(taken_out),
        left=frozenset(left - set(taken) - {""}),
        tied=_rows(before),
        foreign=_left_by_others(user, addresses),
    )
    spoken = set(speakers_of(person).values_list("name", flat=True))
    return replace(person, names=person.names | spoken)


def _tables_with_both() -> dict[str, Held]:
    """What rows may lead to an account, or hold its address. What holds an address alone is about the address, whoever has it."""
    return {
        held.model._meta.label_lower: held for part in parts() for held in part.held if held.addresses and held.accounts
    }


def _as_left(held: Held, rows: QuerySet[Any]) -> dict[str, str]:
    """Of each row (its key) a keyed digest of the addresses and the name that it holds: a row that holds others became another
    person's."""
    columns = [*held.addresses, *(one.name for one in held.model._meta.fields if one.name == "name")]
    return {
        str(key): salted_hmac(LEFT, "\n".join(map(str, words)).casefold(), algorithm="sha256").hexdigest()[:24]
        for key, *words in rows.values_list("pk", *columns)
    }


def _rows(before: QuerySet[Formerly]) -> dict[str, set[int]]:
    """By table the keys of the rows at these addresses of before that are as they were left."""
    by_address = _tables_with_both()
    found: defaultdict[str, set[int]] = defaultdict(set)
    for tables in before.values_list("rows", flat=True):
        for table, left in tables.items():
            held = by_address[table]
            now = _as_left(held, held.model._base_manager.filter(pk__in=left))
            found[table].update(int(key) for key, words in now.items() if left[key] == words)
    return found


def _left_by_others(user: User, addresses: Collection[str]) -> dict[str, set[int]]:
    return _rows(Formerly.objects.filter(email__in=addresses).exclude(user=user))


@accounts_hooks.address_changed()
def leave(user: User, old: str, _new: str, now: datetime) -> None:
    """Note an address that an account leaves, and the rows that are its own by nothing else: whoever has the address next does not
    get them."""
    addresses = frozenset({old.lower()})
    person = HeldPerson(user=user, addresses=addresses, foreign=_left_by_others(user, addresses))
    rows = {table: _as_left(held, held.at(person)) for table, held in _tables_with_both().items()}
    Formerly.objects.create(user=user, email=old.lower(), until=now, rows=rows)


def to_erase(user: User, *, taken_out: Collection[str]) -> HeldPerson:
    """The person, with the names of others that stay in texts. Looks through the names of everybody."""
    person = person_of(user, taken_out=taken_out)
    return replace(person, others=frozenset(_names_of_others(person)))


def _names_of_others(person: HeldPerson) -> set[str]:
    """Names of other people in which one of the person's stands: “Mary Ann Lee”, or another “Ann Lee”. Speakers without an
    account may be the person: of these only longer names are others'."""
    is_in = Q(pk__in=[])
    for name in (name for name in person.names if " " in name):
        is_in |= Q(name__icontains=name)
    accounts = User.objects.filter(is_in).exclude(pk=person.user.pk)
    registered = Registration.objects.filter(is_in).exclude(user=person.user)
    spoken = Speaker.objects.filter(is_in).exclude(pk__in=speakers_of(person).values("pk"))
    found = {
        name
        for rows in (accounts, registered, spoken.exclude(account=None))
        for name in rows.values_list("name", flat=True)
    }
    own = {name.casefold() for name in person.names}
    longer = spoken.filter(account=None).values_list("name", flat=True)
    return found | {name for name in longer if name.casefold() not in own}


def parts() -> Iterator[PersonalData]:
    """What each app declares."""
    for app in APPS:
        for function in hooks.personal_data.of(app):
            yield function()


def published(person: HeldPerson) -> list[Published]:
    """What of the person the public sees."""
    return [one for part in parts() for one in part.published(person)]


def warnings(person: HeldPerson, *, now: datetime) -> list[str]:
    """What the person should know before an erasure."""
    return [words for part in parts() for words in part.warns(person, now)]
