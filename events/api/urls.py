"""Addresses of the API: outside of the languages, because its texts are in all of them."""

from django.urls import path, re_path

from events.api import schema, views
from events.api.describing import names_of, repeated
from events.api.door import read_only
from events.api.views import Rows
from events.pages import url_converters  # noqa: F401  for <key:…>

app_name = "api"
LISTS: dict[str, type[Rows]] = {
    "forums": views.Forums,
    "sessions": views.Sessions,
    "speakers": views.Speakers,
    "organisations": views.Organisations,
    "outcomes": views.Outcomes,
    "releases": views.Releases,
}
SINGLE = {
    "forum": ("v1/forums/<slug:slug>/", views.Forums),
    "session": ("v1/sessions/<slug:code>/", views.Sessions),
    "speaker": ("v1/speakers/<key:id>/", views.Speakers),
    "organisation": ("v1/organisations/<key:id>/", views.Organisations),
    "outcome": ("v1/outcomes/<key:id>/", views.Outcomes),
    "release": ("v1/releases/<slug:forum>/<key:number>/", views.Releases),
}

urlpatterns = [
    path("v1/", read_only(views.Entry.as_view()), name="entry"),
    *(
        path(
            f"v1/{name}/",
            read_only(
                view.as_view({"get": "list"}),
                parameters=names_of(view.filterset),
                repeated=repeated(view.filterset),
            ),
            name=name,
        )
        for name, view in LISTS.items()
    ),
    *(path(route, read_only(view.as_view({"get": "retrieve"})), name=name) for name, (route, view) in SINGLE.items()),
    path("schema/", read_only(schema.schema, parameters=("format",)), name="schema"),
    re_path(r"^v1/(?P<rest>[\s\S]*)\Z", read_only(views.unknown), name="unknown"),
]
