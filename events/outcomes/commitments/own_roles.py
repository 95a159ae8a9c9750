"""For which commitments somebody answers, for their account page (`events.hooks.own_roles`)."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from events import hooks
from events.hooks import OwnRole, RoleRow, RoleSource, role_rows
from events.models import Commitment


def _owned(user: Any) -> QuerySet[Any, Any]:
    rows = Commitment.objects.filter(owner=user, outcome__forum__is_public=True)
    return role_rows(rows, about="outcome__title", forum="outcome__forum", code="outcome_id")


def _owner(row: RoleRow) -> OwnRole:
    url = reverse("events:commitment", args=[row.slug, row.code])
    return OwnRole(_("Owner of a commitment"), row.about, url, _("Report on it"))


@hooks.own_roles()
def owners() -> RoleSource:
    """Those who report on a commitment."""
    return RoleSource("commitment", 35, _owned, _owner)
