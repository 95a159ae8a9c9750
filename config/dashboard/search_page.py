"""One search over what the organisers look for all day: a few of each kind, with the way to the list's own search.

Each kind is sought as its own list seeks it, among the rows that this list would show the person, in all their forums.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.text import capfirst

from config.dashboard.menu import path_of
from config.dashboard.person_page import PersonRecord, named_by, row_of
from events.models import Viewing
from events.shared.admin.current_forum import ALL, PARAMETER

KINDS = (
    *("events.Session", "events.Speaker", "events.Proposal", "registration.Registration", "events.Message"),
    *("events.User", "events.Organisation", "prizes.Nomination", "events.Outcome"),
)
SHORTEST = 2  # characters
MOST = 5  # of each kind


class SearchResults(NamedTuple):
    """What was found of one kind. `all`: the list's own search, where there are others; else empty."""

    name: str
    rows: list[PersonRecord]
    all: str


def search(site: AdminSite, request: HttpRequest, *, query: str) -> Iterator[SearchResults]:
    """What a query of SHORTEST characters or more finds, kind by kind; one query each, and it is written down who was shown."""
    if len(query) < SHORTEST:
        return
    for label in KINDS:
        model: Any = apps.get_model(label)
        one: Any = site.get_model_admin(model)
        if not one.has_view_or_change_permission(request):
            continue
        rows = one.get_search_results(request, one.get_queryset(request), query)[0]
        found = list(rows.select_related(*named_by(model, one)).defer(*one.list_left_out)[: MOST + 1])
        if found:
            shown = found[:MOST]
            one.saw(request, Viewing.Kind.LIST, shown)
            more = f"{path_of(label)}?{urlencode({PARAMETER: ALL, 'q': query})}" if len(found) > MOST else ""
            yield SearchResults(capfirst(str(model._meta.verbose_name_plural)), [row_of(row) for row in shown], more)
