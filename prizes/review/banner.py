"""The note to an expert with reviews left, first on every page of the site while the review is open: the way to the desk."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from events.models import Forum, User
from events.shared import hooks
from events.shared.formatting.names import forum_name
from events.shared.hooks import OwnRole, RoleRow, RoleSource, role_rows
from prizes.editions import public_edition
from prizes.models import Assignment, Expert, Nomination, Phase
from registration.accreditation import hooks as accreditation_hooks


@accreditation_hooks.banner()
def reviews_left(user: User, forum: Forum, page: str, now: datetime) -> str:
    """How many reviews wait for a person, until when; "" for none, and on the desk itself. No query while no review
    is open, else one."""
    if not public_edition.is_open(Phase.Kind.REVIEW, forum=forum, now=now):
        return ""
    path = reverse("prizes:review-desk", args=[forum.slug])
    if page.startswith(path):
        return ""
    rows = Assignment.objects.filter(
        expert__user=user,
        expert__is_active=True,
        expert__edition__forum=forum,
        expert__edition__phases__kind=Phase.Kind.REVIEW,
        expert__edition__phases__starts__lte=now,
        expert__edition__phases__ends__gt=now,
        state__in=Assignment.WAITING,
        nomination__state__in=Nomination.REVIEWED,
    )
    found = list(rows.order_by().values_list("expert__edition__phases__ends", "expert__edition__time_zone"))
    if not found:
        return ""
    until, zone = found[0]
    context = {"forum": forum, "left": len(found), "until": until, "zone": ZoneInfo(zone), "path": path}
    return render_to_string("prizes/review/note.html", context)


_active = Expert.objects.filter(is_active=True, edition__is_public=True, edition__forum__is_public=True)
REVIEWING = role_rows(_active, key="expert", about="edition__name", forum="edition__forum")


def _expert(row: RoleRow) -> OwnRole:
    url = reverse("prizes:review-desk", args=[row.slug])
    return OwnRole(_("Expert"), forum_name(row.about), url, _("Open my reviews"))


@hooks.own_roles()
def experts() -> RoleSource:
    """Those who review, for their account page."""
    return RoleSource("expert", 60, REVIEWING, "user", _expert)
