"""The site's page of its forums, as people look for them: those that run, that come, and that were."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Forum
from events.shared.pages.public import public_page


class ForumGroup(NamedTuple):
    """Forums under a heading."""

    title: str
    forums: list[Forum]


def _groups(*, now: datetime) -> Iterator[ForumGroup]:
    """Those that run, those to come (the next one first), and the past ones (the last one first). One query."""
    forums = list(Forum.objects.public().select_related("host"))  # the last one first
    yield ForumGroup(_("Now"), [one for one in reversed(forums) if one.starts <= one.today(now) <= one.ends])
    yield ForumGroup(_("To come"), [one for one in reversed(forums) if one.starts > one.today(now)])
    yield ForumGroup(_("Past"), [one for one in forums if one.is_over(now)])


@public_page
def forums(request: HttpRequest) -> HttpResponse:
    """All public forums: current, coming and past ones, those of regions among them."""
    groups = [group for group in _groups(now=timezone.now()) if group.forums]
    return render(request, "events/forums/forums.html", {"groups": groups})
