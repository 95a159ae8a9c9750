"""Accounts that somebody makes for others, by an import, at the desk, at a door: the history says who made whom, as it does of
those that are added on their page. Two of whom one made the other do not count as two people (events.shared.rights.two_people)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from events.models import User
from events.shared.formatting import addresses
from events.shared.history import log
from events.shared.history.verbs import Verb


def find_or_make(email: str, *, by: User | None, now: datetime, **extra: Any) -> User:
    """The account of an address (`UserManager.find_or_make`); `by`: who is written down to have made it, where there was none."""
    email = addresses.same(email)
    return find_or_make_many({email: extra}, by=by, now=now)[email]


def find_or_make_many(wanted: Mapping[str, Mapping[str, Any]], *, by: User | None, now: datetime) -> dict[str, User]:
    """The same for many addresses in small letters, each with what a new account gets. Five statements at the most."""
    found, made = User.objects.find_or_make(wanted)
    log.record_many(log.entry(user, verb=Verb.ADD, by=by, now=now, label=f"#{user.pk}") for user in made)
    return found
