"""The forum that a page of the organisers is about. Addresses carry it (`?forum=<slug>`), so a link shows the same to everybody
who may see it, and two windows can show two forums.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, reduce
from operator import or_

from django.apps import apps
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import urlencode

from events.models import Forum
from events.models.forum import SELF, forum_key, forum_paths
from events.shared.rights import memberships

PARAMETER = "forum"
ALL = "all"  # in place of a slug: the rows of all forums


def address_in(forum: Forum, page: str, **query: str | int) -> str:
    """The address of an organisers' page in a forum. `page`: its name, such as “events_session_changelist”; `query`: what else
    stands in it."""
    return f"{reverse(f'admin:{page}')}?{urlencode({PARAMETER: forum.slug, **query})}"


def seen_forums(request: HttpRequest) -> Sequence[Forum]:
    """The forums in which the person may do anything at all, the earliest first. One query a request."""
    found: list[Forum] | None = getattr(request, "_seen_forums", None)
    if found is None:
        keys = memberships.forums_of(request.user)
        forums = Forum.objects.all() if keys is None else Forum.objects.filter(pk__in=keys)
        found = list(forums.order_by("starts", "pk"))
        request._seen_forums = found  # type: ignore[attr-defined]
    return found


def named_forum(request: HttpRequest) -> Forum | None:
    """The forum that the address names; None where it names none, or one that the person may not see."""
    slug = request.GET.get(PARAMETER)
    return next((forum for forum in seen_forums(request) if forum.slug == slug), None)


def default_forum(request: HttpRequest) -> Forum | None:
    """The forum that runs or comes next; else the last that was; None where the person may see none."""
    forums, now = seen_forums(request), timezone.now()
    coming = [forum for forum in forums if forum.ends >= forum.today(now)]
    return next(iter([*coming, *forums[-1:]]), None)


def current_forum(request: HttpRequest) -> Forum | None:
    """The forum that the address names, among those that the person may see; else that of the row whose page it is; else the
    default one."""
    return named_forum(request) or _forum_of_row(request) or default_forum(request)


def bound_forum(request: HttpRequest) -> Forum | None:
    """The forum to which a page is bound that is about no row: the one that its address names, or the current one if that is
    archived. What is begun there is never written into another forum. None: into any in which the person may do it."""
    named, current = named_forum(request), current_forum(request)
    return named or (current if current and current.archived else None)


def keep_forum(request: HttpRequest, response: HttpResponseBase) -> None:
    """Add the forum of this page to a redirect that names none and leads to a page about no row, unless it is the default forum."""
    path, _mark, query = response.get("Location", "").partition("?")
    forum = (
        current_forum(request)
        if path.startswith(reverse("admin:index")) and PARAMETER not in QueryDict(query)
        else None
    )
    if forum is None or forum == default_forum(request):
        return
    with suppress(Resolver404):
        if not resolve(path).kwargs or not _is_of_forums(path):
            response["Location"] = f"{path}?{'&'.join(filter(None, (query, urlencode({PARAMETER: forum.slug}))))}"


def _is_of_forums(path: str) -> bool:
    """Whether the rows of the list below which an address lies belong to forums."""
    app, model, *_rest = f"{path.removeprefix(reverse('admin:index'))}//".split("/")
    with suppress(LookupError):
        return bool(forum_paths(apps.get_model(app, model)))
    return True


def is_of_all(request: HttpRequest) -> bool:
    """Whether a list shows the rows of all forums that the person may see: the address says so, or there is only one."""
    return request.GET.get(PARAMETER) == ALL or len(seen_forums(request)) < 2


def forum_of_list(request: HttpRequest) -> Forum | None:
    """The one forum whose rows a list shows; None where it shows those of several."""
    return None if is_of_all(request) and len(seen_forums(request)) > 1 else current_forum(request)


def of_forum[Row: Model](rows: QuerySet[Row], request: HttpRequest) -> QuerySet[Row]:
    """Of these rows those of the current forum, and those that name none, such as a role in all forums; all of them where the
    list is of all forums, and of what belongs to the whole site."""
    condition = _condition(rows.model)
    if not condition or is_of_all(request):
        return rows
    forum = current_forum(request)
    return rows.filter(reduce(or_, (Q((lookup, True if lookup.endswith("isnull") else forum)) for lookup in condition)))


@cache
def _condition(model: type[Model]) -> tuple[str, ...]:
    """The lookups one of which holds for a row of the current forum; none for forums, and for what belongs to the whole site."""
    paths = tuple(path for path in forum_paths(model) if path != SELF)
    can_be_of_none = paths == ("forum",) and model._meta.get_field("forum").null
    return (*paths, "forum__isnull") if can_be_of_none else paths


def is_about(request: HttpRequest, row: Model | Callable[[], Model | None] | None) -> None:
    """Say which row the page of this request is about, or how it is found once somebody asks for its forum."""
    request._row_of_page = row  # type: ignore[attr-defined]


def _forum_of_row(request: HttpRequest) -> Forum | None:
    row = getattr(request, "_row_of_page", None)
    row = row() if callable(row) else row
    if row is None:
        return None
    keys = {forum_key(row, path) for path in forum_paths(type(row))}
    return next((forum for forum in seen_forums(request) if forum.pk in keys), None)
