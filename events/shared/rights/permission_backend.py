"""Django's question "may this person do that?", answered from memberships and from nothing else.

It stands first in AUTHENTICATION_BACKENDS and always answers: yes, or PermissionDenied, after which Django asks no other
backend. So neither the groups of an account nor permissions of its own give a right. It signs nobody in.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from events.shared.rights import memberships
from events.shared.rights.memberships import Person


class MembershipBackend:
    def authenticate(self, request: HttpRequest | None) -> None:
        """Nobody: it takes no name and no password."""

    def has_perm(self, user: Person, permission: str, obj: Any = None) -> bool:
        """Whether a person has a permission in some forum; with a row, in the forum of the row."""
        if memberships.has(user, permission, obj):
            return True
        raise PermissionDenied

    def has_module_perms(self, user: Person, app_label: str) -> bool:
        """Whether a person may do anything with an app, in some forum."""
        held = memberships.rights(user)
        if any(name.startswith(f"{app_label}.") for name in (*held.everywhere, *held.somewhere)):
            return True
        raise PermissionDenied

    def get_all_permissions(self, user: Person, obj: Any = None) -> set[str]:
        """The permissions of a person in some forum; with a row, those in the forum of the row."""
        held = memberships.rights(user)
        names = held.everywhere | held.somewhere.keys()
        return {name for name in names if obj is None or memberships.may(user, name, obj)}
