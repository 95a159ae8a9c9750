"""Which forum a page is about: the public one of its address, else 404."""

from django.http import Http404

from events.models import Forum


def find_forum(slug: str) -> Forum:
    """The public forum with this slug, its host and co-organisers at hand, as whole pages show them. Two queries."""
    forum = Forum.objects.public().filter(slug=slug).select_related("host").prefetch_related("co_organisers").first()
    if forum is None:
        raise Http404
    return forum


def bare_forum(slug: str) -> Forum:
    """The public forum without what only a whole page shows. One query."""
    forum = Forum.objects.public().filter(slug=slug).first()
    if forum is None:
        raise Http404
    return forum
