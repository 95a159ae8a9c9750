"""All that a person is here, in two queries: each app tells of its own (`events.shared.hooks.own_roles`)."""

from collections.abc import Collection
from functools import cache
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from events.models import RefusedMail, User
from events.shared import hooks
from events.shared.hooks import OwnRole, RoleRow, RoleSource

MOST = 200  # roles on the page


class OwnAffairs(NamedTuple):
    """What a person is here, the newest of a sort first, and the keys of those sorts; and whether there are mails that they
    refuse."""

    roles: list[OwnRole]
    sorts: set[str]
    refuses_mails: bool


@cache
def _sources() -> dict[str, RoleSource]:
    return {source.key: source for source in (function() for function in hooks.own_roles.of())}


@cache
def _has_some() -> QuerySet[User, Any]:
    """Of accounts, whether they refuse mails; and for each source whether any of its rows is theirs, public or not. Put together
    once."""
    known = _sources().values()
    rows = [source.rows.model._base_manager.filter(**{source.of: OuterRef("pk")}) for source in known]
    return User.objects.order_by().values_list(*map(Exists, [RefusedMail.objects.filter(user=OuterRef("pk")), *rows]))


def affairs_of(user: User) -> OwnAffairs:
    """Two queries, however many roles there are: most people are one or two things, and the first one says which."""
    refuses_mails, *has_rows = _has_some().get(pk=user.pk)
    sorts = {key for key, has_some in zip(_sources(), has_rows, strict=True) if has_some}
    return OwnAffairs(_roles(user, sorts), sorts, refuses_mails)


def _roles(user: User, sorts: Collection[str]) -> list[OwnRole]:
    known = _sources()
    some = [source.rows.filter(**{source.of: user.pk}) for key, source in known.items() if key in sorts]
    if not some:
        return []
    first, *others = some
    theirs = first.union(*others, all=True).order_by() if others else first
    rows = sorted(theirs, key=lambda row: (known[row[0]].place, -row[-1]))
    return [known[row[0]].show(RoleRow(*row[:-1])) for row in rows[:MOST]]
