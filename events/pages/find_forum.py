"""Which forum a page is about: the public one of its address, else 404. And whether the public may stop seeing one."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404

from events import hooks
from events.models import Forum
from events.prepared_queries import Prepared, slot

_BARE = Prepared(lambda: Forum.objects.public().filter(slug=slot("slug", str)).order_by())


def find_forum(slug: str) -> Forum:
    """The public forum with this slug, its host and co-organisers at hand, as whole pages show them. Two queries."""
    forums = Forum.objects.public().select_related("host").prefetch_related("co_organisers")
    return get_object_or_404(forums, slug=slug)


def bare_forum(slug: str) -> Forum:
    """The public forum without what only a whole page shows. One query."""
    forum = _BARE.first(slug=slug)
    if forum is None:
        raise Http404
    return forum


def check_hiding(forum: Forum, *, now: datetime) -> None:
    """Refuse (`stays-public`) to hide a forum on whose pages something goes on that people rely on, such as a vote."""
    for reason in (function(forum, now) for function in hooks.forum_stays_public.of()):
        if reason:
            raise ValidationError(reason, code="stays-public")
