"""Which forum a page is about: the public one of its address, else 404. And which ones nobody changes any more."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from events.models import Forum, MatrixLink, Session
from events.models.forum import forum_paths
from events.shared.once_a_revision import once_a_revision


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


def needed_in_the_archive(rows: Collection[Any]) -> list[str]:
    """Which of these rows (of one model of the whole site) may not be deleted, because a row of an archived forum names them by a
    column or a link: a sentence for each pair. A link of the matrix is named by sessions of both its ends. One query for each table
    that can name them."""
    model: type[Model] | None = next((type(row) for row in rows), None)
    if model is None or forum_paths(model) or not archived_slugs():
        return []
    named = {row.pk: row for row in rows}
    pairs: set[tuple[Any, str]] = set()
    relation: Any
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete:
            for path in forum_paths(relation.related_model):
                forum = f"{path}__".removeprefix("self__")
                said = {f"{relation.field.name}__in": named, f"{forum}archived__isnull": False}
                found = relation.related_model._base_manager.filter(**said).order_by()
                pairs |= set(found.values_list(relation.field.name, f"{forum}name"))
    for row in rows if model is MatrixLink else ():
        both = Session.objects.filter(action_lines=row.action_line_id, sdgs=row.sdg_id, forum__archived__isnull=False)
        pairs |= {(row.pk, name) for name in both.values_list("forum__name", flat=True)}
    words = _("“%(row)s” stands in “%(forum)s”, which is archived and stays as it is")
    return sorted(words % {"row": named[key], "forum": name} for key, name in pairs)
