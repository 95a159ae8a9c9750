"""The public forums as people look for them: those that run, that come, and that were."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from events.models import Forum


class ForumGroup(NamedTuple):
    """Forums under a heading."""

    title: str
    forums: list[Forum]


def groups(*, now: datetime) -> list[ForumGroup]:
    """The public forums: those that run, those to come (the next one first), and the past ones (the last one first). One query."""
    return [group for group in _groups(list(Forum.objects.public().select_related("host")), now=now) if group.forums]


def _groups(forums: list[Forum], *, now: datetime) -> Iterator[ForumGroup]:
    """`forums`: the last one first."""
    yield ForumGroup(_("Now"), [one for one in reversed(forums) if one.starts <= one.today(now) <= one.ends])
    yield ForumGroup(_("To come"), [one for one in reversed(forums) if one.starts > one.today(now)])
    yield ForumGroup(_("Past"), [one for one in forums if one.is_over(now)])
