"""The edition that a page is about."""

from django.http import Http404

from events.pages.find_forum import find_forum
from prizes.editions import public_edition
from prizes.models import Edition


def find_edition(slug: str) -> Edition:
    """The public edition of a public forum, with its forum as whole pages show it; else 404."""
    forum = find_forum(slug)
    edition = public_edition.edition_of(slug)
    if edition is None:
        raise Http404
    edition.forum = forum
    return edition
