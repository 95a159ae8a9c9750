"""All that a person is here, in two queries: each app tells of its own (`events.shared.hooks.own_roles`)."""

from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from events.models import User
from events.shared import hooks
from events.shared.hooks import OwnRole, RoleRow, RoleSource

MOST = 200  # roles on the page


@cache
def _sources() -> dict[str, RoleSource]:
    return {source.key: source for source in (function() for function in hooks.own_roles.of())}


@cache
def _has_some() -> QuerySet[User, Any]:
    """Of accounts, for each source whether any of its rows is theirs, public or not. Put together once."""
    known = _sources().values()
    rows = [source.rows.model._base_manager.filter(**{source.of: OuterRef("pk")}) for source in known]
    return User.objects.order_by().values_list(*map(Exists, rows))


def roles_of(user: User) -> list[OwnRole]:
    """The roles of a person, the newest of a sort first. Two queries, however many there are: most people are one or two things, and
    the first one says which."""
    known = _sources()
    found = zip(known.values(), _has_some().get(pk=user.pk), strict=True)
    some = [source.rows.filter(**{source.of: user.pk}) for source, has_some in found if has_some]
    if not some:
        return []
    rows = sorted(some[0].union(*some[1:], all=True).order_by(), key=lambda row: (known[row[0]].place, -row[-1]))
    return [known[row[0]].show(RoleRow(*row[:-1])) for row in rows[:MOST]]
