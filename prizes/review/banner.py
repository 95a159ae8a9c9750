"""The note to an expert with reviews left, first on every page of the site while the review is open: the way to the desk."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.urls import reverse

from events import hooks
from events.models import Forum, User
from prizes.editions import public_edition
from prizes.models import Assignment, Phase
from prizes.review.assignments import REVIEWED


@hooks.banner()
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
        nomination__state__in=REVIEWED,
    )
    found = list(rows.order_by().values_list("expert__edition__phases__ends", "expert__edition__time_zone"))
    if not found:
        return ""
    until, zone = found[0]
    context = {"forum": forum, "left": len(found), "until": until, "zone": ZoneInfo(zone), "path": path}
    return render_to_string("prizes/review/note.html", context)
