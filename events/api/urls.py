"""Addresses of the API: outside of the languages, because its texts are in all of them."""

from django.urls import URLPattern, path, re_path

from events.api import paging, schema, views
from events.api.read_only import read_only
from events.api.views import Rows
from events.shared.pages import url_converters  # noqa: F401  for <key:…>

app_name = "api"
# What names a row of each list in its address.
KEYS: dict[type[Rows], str] = {
    views.Forums: "<slug:slug>",
    views.Sessions: "<slug:code>",
    views.Speakers: "<key:id>",
    views.Organisations: "<key:id>",
    views.Rooms: "<key:id>",
    views.Tracks: "<key:id>",
    views.SessionTypes: "<slug:code>",
    views.Outcomes: "<key:id>",
    views.PracticalPages: "<key:id>",
    views.Releases: "<slug:forum>/<key:number>",
}


def _of_a_list(view: type[Rows], key: str) -> list[URLPattern]:
    many, single = view.as_view({"get": "list"}), view.as_view({"get": "retrieve"})
    filters = view.filterset.base_filters
    known = (*filters, *paging.PARAMETERS)
    often = [name for name, found in filters.items() if found.schema["type"] == "array"]
    return [
        path(
            f"v1/{view.many}/",
            read_only(many, parameters=known, repeated=often),
            name=view.many,
        ),
        path(
            f"v1/{view.many}/{key}/",
            read_only(single, parameters=view.single_filters, repeated=view.single_filters),
            name=view.one,
        ),
    ]


urlpatterns = [
    path("v1/", read_only(views.Entry.as_view()), name="entry"),
    *(pattern for view, key in KEYS.items() for pattern in _of_a_list(view, key)),
    path("schema/", read_only(schema.schema, parameters=("format",)), name="schema"),
    re_path(r"^(?P<rest>[\s\S]+)\Z", read_only(views.unknown), name="unknown"),
]
