"""Which forum a page is about: the public one of its address, else 404. And which ones nobody changes any more."""

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from events.models import Forum
from events.once_a_revision import once_a_revision


def find_forum(slug: str) -> Forum:
    """The public forum with this slug, its host and co-organisers at hand, as whole pages show them. Two queries."""
    forums = Forum.objects.public().select_related("host").prefetch_related("co_organisers")
    return get_object_or_404(forums, slug=slug)


def bare_forum(slug: str) -> Forum:
    """The public forum without what only a whole page shows; all requests of a revision share it. One query a revision."""
    forum = _public_forums().get(slug)
    if forum is None:
        raise Http404
    return forum


@once_a_revision
def _public_forums() -> dict[str, Forum]:
    return {forum.slug: forum for forum in Forum.objects.public().order_by()}


def check_open(forum: Forum) -> None:
    """Refuse (`archived`) to change anything in an archived forum. For verbs whose addresses do not name the forum."""
    if forum.archived is not None:
        words = _("This edition is archived: nothing can be changed there any more")
        raise ValidationError(words, code="archived")


@once_a_revision
def archived_slugs() -> frozenset[str]:
    """The addresses of the archived forums. One query a revision; who archives raises it."""
    return frozenset(Forum.objects.exclude(archived=None).values_list("slug", flat=True))
