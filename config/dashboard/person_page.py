"""A person on one page: all that an account is, in all forums that the reader may see.

Each admin whose rows are something that people are says which columns name the account (`role_of`); what stands here is what
its own list would show the reader, so nobody sees more of a forum here than there.
"""

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.contrib.admin import AdminSite
from django.db.models import Model, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst

from events.models import User, Viewing
from events.shared.admin.admin_page_bases import admins_of
from events.shared.rights import memberships

MOST_ROWS = 50  # of each kind


class PersonRecord(NamedTuple):
    """Something that a person is: its name, the forum, and its page in the admin site."""

    name: str
    forum: str
    url: str


class RecordsOfKind(NamedTuple):
    """What a person is of one kind. `is_more`: there are others than these."""

    name: str
    rows: list[PersonRecord]
    is_more: bool


def find(site: AdminSite, request: HttpRequest, *, pk: int) -> User | None:
    """The account of this key, about to be looked at; None where there is none, and for who may not read accounts."""
    accounts: Any = site.get_model_admin(User)
    found: User | None = accounts.get_object(request, str(pk))
    if found is None or not accounts.has_view_permission(request, found):
        return None
    accounts.saw(request, Viewing.Kind.PAGE, [found])
    return found


def kinds(site: AdminSite, request: HttpRequest, *, person: User) -> Iterator[RecordsOfKind]:
    """Everything that an account is, kind by kind; one query each."""
    for model, model_admin in admins_of(site).items():
        columns = getattr(model_admin, "role_of", ())
        if not columns or not model_admin.has_view_permission(request):
            continue
        theirs = model._base_manager.filter(reduce(or_, (Q(**{column: person}) for column in columns)))
        rows = model_admin.get_queryset(request).filter(pk__in=theirs.order_by().values("pk"))
        found = list(rows.select_related(*named_by(model, model_admin))[: MOST_ROWS + 1])
        if found:
            shown = [row_of(row) for row in found[:MOST_ROWS]]
            yield RecordsOfKind(capfirst(str(model._meta.verbose_name_plural)), shown, len(found) > MOST_ROWS)


def named_by(model: type[Model], model_admin: Any) -> set[str]:
    """What is asked for along with the rows: what the list asks for, and their forum."""
    named = model_admin.list_select_related
    paths = {path for path in memberships.forum_paths(model) if path != memberships.SELF}
    return paths | (set(named) if isinstance(named, list | tuple) else set())


def row_of(row: Model) -> PersonRecord:
    forum: Any = row
    for name in next(iter(memberships.forum_paths(type(row))), "").split("__"):
        forum = getattr(forum, name, None) if name else None
    opts = row._meta
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    return PersonRecord(str(row), str(forum or ""), url)
