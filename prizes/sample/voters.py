"""Who votes in the sample, and when and from where: drawn, with two groups that a look into the log-book would find."""

import random
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import NamedTuple

from events.models import Country, Forum
from prizes.sample.bulk_rows import accounts
from registration.models import Registration
from registration.sample import LARGE, STAKEHOLDER_SHARES

FULL, PARTIAL, SCRIPT, DOUBLE = "full", "partial", "script", "double"
SCRIPTED, DOUBLED = 14, 4  # ballots filled by a script; of one person
HOUR = 3600.0


class Voter(NamedTuple):
    """An account and what its ballot copies. `user_id` 0: the account is still to be made."""

    user_id: int
    country: str | None
    stakeholder_type: str


def crowd(*, full: int, partial: int) -> list[str]:
    """The sort of each ballot: full and valid ones first, incomplete ones, and the suspicious ones on top."""
    return [FULL] * full + [PARTIAL] * partial + [SCRIPT] * SCRIPTED + [DOUBLE] * DOUBLED


def draw(forum: Forum, *, count: int, rng: random.Random) -> list[Voter]:
    """Draw `count` voters: some two thirds of the forum's people, and others from everywhere."""
    registrations = Registration.objects.filter(forum=forum, is_sample=True).order_by("pk")
    people = [r for r in registrations if rng.random() < 0.65][: count // 2]
    known = [Voter(r.user_id, r.country_id, r.stakeholder_type) for r in people]
    codes = list(Country.objects.order_by("pk").values_list("pk", flat=True))
    large = {code for row in LARGE.values() for code in row}
    weights = [12 if code in large else 1 for code in codes]
    rest = count - len(known)
    countries = rng.choices(codes, weights=weights, k=rest)
    kinds = rng.choices([*STAKEHOLDER_SHARES, ""], weights=[*STAKEHOLDER_SHARES.values(), 4], k=rest)
    others = [
        Voter(0, None if rng.random() < 0.02 else code, kind) for code, kind in zip(countries, kinds, strict=True)
    ]
    voters = known + others
    rng.shuffle(voters)
    return voters


def open_accounts(kinds: Sequence[str], *, name: str, first: int, at: datetime) -> list[int]:
    """Make an account for each of `kinds`, numbered from `first`; return their keys. Their addresses take no mail."""
    people = [
        (_email(kind, name=name, number=number), f"Sample voter {number}") for number, kind in enumerate(kinds, first)
    ]
    return [user.pk for user in accounts(people, joined=at)]


def _email(kind: str, *, name: str, number: int) -> str:
    if kind == DOUBLE:  # one mailbox under several addresses
        return f"kim.sample+{name}{number}@people.sample.invalid"
    return f"voter{number:06d}@{name}.voters.sample.invalid"


def began(kind: str, *, seconds: float, rng: random.Random) -> float:
    """When a ballot is begun, in seconds from the opening: many in the first days and in the last."""
    if kind == SCRIPT:
        return seconds * 0.55 + rng.random() * 360
    if kind == DOUBLE:
        return seconds * 0.7 + rng.random() * 1500
    way = rng.random()
    share = way**1.5 if rng.random() < 0.45 else 1 - way**2.5 if rng.random() < 0.6 else way
    return share * (seconds - 2 * HOUR)


def moments(kind: str, *, begin: float, choices: int, rng: random.Random) -> list[float]:
    """The moments of the choices of a ballot, in seconds from the opening, in rising order."""
    shortest, longest = (0.6, 1.4) if kind == SCRIPT else (12, 75)
    return list(accumulate((rng.uniform(shortest, longest) for _choice in range(choices)), initial=begin))[1:]


def address(kind: str, *, number: int, rng: random.Random) -> str:
    """The address of a machine (private networks): homes, a few shared halls, and one machine for each odd group."""
    if kind == SCRIPT:
        return f"172.16.9.{20 + number % 3}"
    if kind == DOUBLE:
        return "172.16.77.5"
    if rng.random() < 0.06:  # a campus or an office behind one address
        return f"172.20.{rng.randrange(6)}.1"
    return f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}"
