"""Which of the things that take two people somebody sees, and may agree to."""

from typing import Any

from django.db.models import Q, QuerySet

from events.models import Approval
from events.shared.rights import memberships
from events.shared.rights.two_people import approvals


def seen(user: Any) -> Q:
    """The approvals of kinds for which this person has the right, in the forums in which they have it; those of archived forums
    too, where nothing is decided any more."""
    held, found = memberships.rights(user), Q(pk__in=[])
    for kind in approvals.KINDS.values():
        is_all, forums = kind.permission in held.everywhere, held.somewhere.get(kind.permission, ())
        found |= Q(kind=kind.name) if is_all else Q(kind=kind.name, forum__in=forums)
    return found


def waiting_for(user: Any) -> QuerySet[Approval]:
    """What this person may agree to."""
    rows = Approval.objects.waiting().filter(seen(user), Q(forum=None) | Q(forum__archived=None))
    rows = rows.exclude(proposed_by=user)
    return rows.filter(Q(account=None) | ~Q(account=user))
