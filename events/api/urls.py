"""Addresses of the API: outside of the languages, because its texts are in all of them."""

from django.urls import URLPattern, path, re_path

from events.api import schema, views
from events.api.read_only import read_only
from events.api.schema_descriptions import names_of, repeated
from events.api.views import Rows
from events.pages import url_converters  # noqa: F401  for <key:…>

app_name = "api"
# Each list, what one of its rows is called, and what names it in its address.
VIEWS: dict[str, tuple[str, str, type[Rows]]] = {
    "forums": ("forum", "<slug:slug>", views.Forums),
    "sessions": ("session", "<slug:code>", views.Sessions),
    "speakers": ("speaker", "<key:id>", views.Speakers),
    "organisations": ("organisation", "<key:id>", views.Organisations),
    "outcomes": ("outcome", "<key:id>", views.Outcomes),
    "releases": ("release", "<slug:forum>/<key:number>", views.Releases),
}


def _of_a_list(name: str, one: str, key: str, view: type[Rows]) -> list[URLPattern]:
    many, single = view.as_view({"get": "list"}), view.as_view({"get": "retrieve"})
    known, often = names_of(view.filterset), repeated(view.filterset)
    return [
        path(f"v1/{name}/", read_only(many, parameters=known, repeated=often), name=name),
        path(f"v1/{name}/{key}/", read_only(single), name=one),
    ]


urlpatterns = [
    path("v1/", read_only(views.Entry.as_view()), name="entry"),
    *(pattern for name, found in VIEWS.items() for pattern in _of_a_list(name, *found)),
    path("schema/", read_only(schema.schema, parameters=("format",)), name="schema"),
    re_path(r"^v1/(?P<rest>[\s\S]*)\Z", read_only(views.unknown), name="unknown"),
]
