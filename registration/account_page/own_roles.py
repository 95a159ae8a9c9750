"""All that a person is here, in one query: each app tells of its own (`events.hooks.own_roles`)."""

from functools import cache
from typing import Any

from django.db.models import BigIntegerField, IntegerField, QuerySet, TextField, Value
from django.db.models.functions import Cast

from events import hooks
from events.hooks import OwnRole, RoleRow, RoleSource
from events.models import User
from events.prepared_queries import Prepared, slot

MOST = 200  # roles on the page
COLUMNS = ("role_key", "role_about", "role_slug", "role_forum", "role_code", "role_state", "role_place", "role_number")


@cache
def _sources() -> dict[str, RoleSource]:
    return {source.key: source for source in (function() for function in hooks.own_roles.of())}


def _rows() -> QuerySet[Any, Any]:
    parts = [
        source.rows(slot("user", int))
        .annotate(
            role_key=Value(source.key, TextField()),
            role_place=Value(source.place, IntegerField()),
            role_number=Cast("pk", BigIntegerField()),
        )
        .values_list(*COLUMNS)
        for source in _sources().values()
    ]
    return parts[0].union(*parts[1:], all=True).order_by("role_place", "-role_number")[:MOST]


_ROLES = Prepared(_rows)


def roles_of(user: User) -> list[OwnRole]:
    """The roles of a person, the newest of a sort first. One query, however many there are."""
    return [_sources()[row[0]].show(RoleRow(*row[:6])) for row in _ROLES.all(user=user.pk)]
