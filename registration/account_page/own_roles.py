"""All that a person is here, in one query: each app tells of its own (`events.hooks.own_roles`)."""

from datetime import datetime

from django.db.models import BigIntegerField, IntegerField, TextField, Value
from django.db.models.functions import Cast

from events import hooks
from events.hooks import OwnRole, RoleRow
from events.models import User

MOST = 200  # roles on the page
COLUMNS = ("role_key", "role_about", "role_slug", "role_forum", "role_code", "role_state", "role_place", "role_number")


def roles_of(user: User, *, now: datetime) -> list[OwnRole]:
    """The roles of a person, the newest of a sort first. One query, however many there are."""
    sources = {source.key: source for source in (function() for function in hooks.own_roles.of())}
    parts = [
        source.rows(user, now)
        .annotate(
            role_key=Value(source.key, TextField()),
            role_place=Value(source.place, IntegerField()),
            role_number=Cast("pk", BigIntegerField()),
        )
        .values_list(*COLUMNS)
        for source in sources.values()
    ]
    rows = parts[0].union(*parts[1:], all=True).order_by("role_place", "-role_number")[:MOST]
    return [sources[row[0]].show(RoleRow(*row[:6])) for row in rows]
