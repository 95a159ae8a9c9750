"""The note to an expert with reviews left, first on every page of the site while the review is open: the way to the desk."""

from datetime import datetime

from django.template.loader import render_to_string
from django.urls import reverse

from events import hooks
from events.models import Forum, User
from prizes.review import worklist


@hooks.banner()
def reviews_left(user: User, forum: Forum, page: str, now: datetime) -> str:
    """How many reviews wait for a person, until when; "" for none, and on the desk itself. One query."""
    path = reverse("prizes:review-desk", args=[forum.slug])
    if page.startswith(path):
        return ""
    left, until, zone = worklist.waiting(user, forum=forum, now=now)
    if not left:
        return ""
    return render_to_string(
        "prizes/review/note.html", {"forum": forum, "left": left, "until": until, "zone": zone, "path": path}
    )
