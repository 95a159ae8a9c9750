"""Which forum a page is about: the public one of its address, else 404."""

from django.shortcuts import get_object_or_404

from events.models import Forum


def find_forum(slug: str) -> Forum:
    """The public forum with this slug, its host and co-organisers at hand, as whole pages show them. Two queries."""
    forums = Forum.objects.public().select_related("host").prefetch_related("co_organisers")
    return get_object_or_404(forums, slug=slug)


def bare_forum(slug: str) -> Forum:
    """The public forum without what only a whole page shows. One query."""
    return get_object_or_404(Forum.objects.public(), slug=slug)
