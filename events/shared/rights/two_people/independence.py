"""Two people are independent: in the last 30 days neither made the other's account, set its password or its address, took its second
step away, or gave it the right that it uses now; nor did one person make or take over both accounts, by accounts between
them or not."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, cast

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Forum, HistoryEntry, Membership, User
from events.shared.history.verbs import Verb
from events.shared.rights.two_people import presence

PERIOD = timedelta(days=30)


class Tie(StrEnum):
    """What one did to the other's account."""

    MADE = "made"
    TAKEN = "taken"
    EMPOWERED = "empowered"
    SHARED = "shared"


# What the history says of an account: who did or changed these can sign in as it, or gave it its rights. (A link to set a
# password ties nobody: it goes to the owner. Rights stood in groups until memberships came, which do not say who gave those.)
VERBS: dict[str, Tie] = {Verb.ADD: Tie.MADE, Verb.ASK_LOST_DEVICE: Tie.TAKEN, Verb.TAKE_AWAY_STEP: Tie.TAKEN}
COLUMNS = {
    "password": Tie.TAKEN,
    "email": Tie.TAKEN,
    "groups": Tie.EMPOWERED,
    "is_staff": Tie.EMPOWERED,
    "is_superuser": Tie.EMPOWERED,
}
WORDS = {
    Tie.MADE: gettext_lazy(
        "%(by)s made the account of %(of)s in the last 30 days, so the two do not count as two people. Let a third person "
        "agree."
    ),
    Tie.TAKEN: gettext_lazy(
        "%(by)s changed the password, the address or the second step of %(of)s in the last 30 days, so the two do not count "
        "as two people. Let a third person agree."
    ),
    Tie.SHARED: gettext_lazy(
        "One person made the accounts of %(by)s and %(of)s in the last 30 days, or changed their password, address or second step, "
        "perhaps through other accounts, so the two do not count as two people. Let a third person agree."
    ),
    Tie.EMPOWERED: gettext_lazy(
        "%(by)s gave %(of)s this right in the last 30 days, so the two do not count as two people. Let a third person "
        "agree."
    ),
}


class Found(NamedTuple):
    """That `by` did something to the account `of`; of what is shared: that somebody did it to both."""

    tie: Tie
    by: User
    of: User


def ties(
    one: User,
    other: User,
    *,
    permission: str,
    forum: Forum | None,
    now: datetime,
) -> list[Found]:
    """What in the last 30 days makes two accounts depend on each other. `permission`: the right that they use in a forum
    (None: in any), such as "prizes.close_edition". Four queries, and one for each link of a chain of accounts that made
    each other or took each other's second step."""
    start = now - PERIOD
    pair = {one.pk: one, other.pk: other}
    accounts = _of_accounts(pair, start=start) or _of_chains(one, other, start=start)
    return [*accounts, *_of_rights(pair, start=start, permission=permission, forum=forum)]


def _of_accounts(pair: dict[int, User], *, start: datetime) -> list[Found]:
    """Who made an account, set its password or its address, or took away its second step, as the history has it."""
    entries = HistoryEntry.objects.filter(
        model=User._meta.label_lower, key__in=[str(pk) for pk in pair], actor__in=pair, at__gt=start
    )
    found = []
    for entry in entries.order_by("at", "pk"):
        by, of = pair[cast("int", entry.actor_id)], pair[int(entry.key)]
        told = _told(entry)
        found += [Found(tie, by, of) for tie in Tie if tie in told and by != of]
    return found


def _told(entry: HistoryEntry) -> set[Tie | None]:
    """What an entry of the history says was done to an account."""
    names = {*entry.before, *entry.after, *entry.after.get("fields", [])}
    return {COLUMNS[name] for name in names if name in COLUMNS} | {VERBS.get(entry.verb)}


def _of_chains(one: User, other: User, *, start: datetime) -> list[Found]:
    """Whether one person may be behind both, by accounts that they made, or whose second step they took away."""
    is_shared = one != other and not _hands(one, start=start).isdisjoint(_hands(other, start=start))
    return [Found(Tie.SHARED, one, other)] if is_shared else []


def _hands(user: User, *, start: datetime) -> set[int]:
    """The keys of this account, of whoever made it or took it over (`Tie.TAKEN`), of whoever did that to their accounts, and so on."""
    found = last = {user.pk}
    while last:
        entries = HistoryEntry.objects.filter(
            model=User._meta.label_lower,
            verb__in=[*VERBS, Verb.CHANGE],
            key__in=[str(one) for one in last],
            at__gt=start,
        )
        by_hand = [entry for entry in entries.exclude(actor=None) if {Tie.MADE, Tie.TAKEN} & _told(entry)]
        last = {cast("int", entry.actor_id) for entry in by_hand} - found
        found = found | last
    return found


def _of_rights(pair: dict[int, User], *, start: datetime, permission: str, forum: Forum | None) -> list[Found]:
    """Who gave whom this right in the forum, or agreed that it be given."""
    app, _dot, codename = permission.partition(".")
    rows = Membership.objects.filter(
        Q() if forum is None else Q(forum=None) | Q(forum=forum),
        Q(given_by__in=pair, given_at__gt=start) | Q(agreed_by__in=pair, agreed_at__gt=start),
        account__in=pair,
        role__in=Group.objects.filter(permissions__codename=codename, permissions__content_type__app_label=app).values(
            "name"
        ),
    )
    found = []
    for row in rows.order_by("pk"):
        of = pair[row.account_id]
        givers = [(row.given_by_id, row.given_at), (row.agreed_by_id, row.agreed_at)]
        hands = {pk for pk, at in givers if pk in pair and at is not None and at > start} - {of.pk}
        found += [Found(Tie.EMPOWERED, pair[pk], of) for pk in sorted(hands)]
    return found


def must_be_two(
    first: User,
    second: User,
    *,
    permission: str,
    forum: Forum | None,
    authenticated: datetime | None,
    now: datetime,
) -> None:
    """Refuse a second person who is not another one than the first, independent and there.

    `same-person`, `no-second-factor`, `not-recent`, `first-is-gone` (the first could not propose it any more: closed, without
    a second factor, or without the right), `tied` (see `ties`).
    """
    if first.pk == second.pk:
        raise ValidationError(_("You proposed it: a second person has to agree"), code="same-person")
    presence.must_be_present(second, authenticated=authenticated, now=now)
    may_still = first.is_active and first.has_perm(permission, forum)
    if not may_still or (settings.REQUIRE_MFA and not presence.has_second_factor(first)):
        raise ValidationError(
            _("%(name)s, who proposed it, could not do so any more. Drop the proposal and make a new one")
            % {"name": first},
            code="first-is-gone",
        )
    if found := ties(first, second, permission=permission, forum=forum, now=now):
        tie, by, of = found[0]
        raise ValidationError(WORDS[tie] % {"by": by, "of": of}, code="tied")
