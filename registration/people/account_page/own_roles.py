"""All that a person is here, in one query: each app tells of its own (`events.shared.hooks.own_roles`)."""

from functools import cache

from events.models import User
from events.shared import hooks
from events.shared.hooks import OwnRole, RoleRow, RoleSource

MOST = 200  # roles on the page


@cache
def _sources() -> dict[str, RoleSource]:
    return {source.key: source for source in (function() for function in hooks.own_roles.of())}


def roles_of(user: User) -> list[OwnRole]:
    """The roles of a person, the newest of a sort first. One query, however many there are."""
    known = _sources()
    first, *others = (source.rows(user.pk) for source in known.values())
    rows = sorted(first.union(*others, all=True).order_by(), key=lambda row: (known[row[0]].place, -row[-1]))
    return [known[row[0]].show(RoleRow(*row[:-1])) for row in rows[:MOST]]
