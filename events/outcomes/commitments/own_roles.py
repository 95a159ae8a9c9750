"""For which commitments somebody answers, for their account page (`events.shared.hooks.own_roles`)."""

from django.db.models import CharField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _

from events.models import Commitment
from events.shared import hooks
from events.shared.hooks import OwnRole, RoleRow, RoleSource, role_rows

_public = Commitment.objects.filter(outcome__forum__is_public=True)
_code = Cast("outcome", CharField())
OWNED = role_rows(_public, key="commitment", about="outcome__title", forum="outcome__forum", code=_code)


def _owner(row: RoleRow) -> OwnRole:
    url = reverse("events:commitment", args=[row.slug, row.code])
    return OwnRole(_("Owner of a commitment"), row.about, url, _("Report on it"))


@hooks.own_roles()
def owners() -> RoleSource:
    """Those who report on a commitment."""
    return RoleSource("commitment", 35, OWNED, "owner", _owner)
