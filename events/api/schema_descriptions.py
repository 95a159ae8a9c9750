"""What the schema says of each address: its parameters are those that the filters and the pages read, no others."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import serializers as drf

from events.api import paging
from events.api.serializers import Data, Fault
from events.programme import filter_fields as fields
from events.programme.filters import Filters

ENTRIES = ("forums", "sessions", "speakers", "organisations", "outcomes", "releases", "schema")
ABOUT = {
    "forums": "The editions of the Forum that are public.",
    "sessions": "The programme: scheduled and cancelled sessions, as the last release has them.",
    "speakers": "Who speaks in a public session.",
    "organisations": "Organisations that hold sessions, send speakers, or stand behind a forum.",
    "outcomes": "What came out of the sessions.",
    "releases": "The versions of the programme, each with its change log; a single one with its whole timetable.",
}
# A query for each list, to try: it stands in the schema, and in the commands on the page that shows it.
TRIES = {
    "forums": "",
    "sessions": "?forum=2020&action_line=C5&only=captions&page_size=5",
    "speakers": "?forum=2020&ordering=name",
    "organisations": "?stakeholder_type=academia",
    "outcomes": "?forum=2020&kind=launch",
    "releases": "?forum=2020",
}
KEYS: dict[str, dict[str, tuple[dict[str, Any], str]]] = {
    "forum": {"slug": (fields.SLUG, "2020")},
    "session": {"code": (fields.CODE, "A1B2C3")},
    "release": {"forum": (fields.SLUG, "2020"), "number": (fields.NUMBER, "1")},
}
BY_ID = {"id": (fields.NUMBER, "1")}

ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    description="Changes with the answer. Send it as If-None-Match.",
    response=[200, 304],
)
UNCHANGED = OpenApiResponse(description="The answer is still the one whose ETag was sent as If-None-Match.")
NOT_ALLOWED = OpenApiResponse(Fault, description="Another method: the API can only be read.")
BAD = OpenApiResponse(Fault, description="A parameter is unknown or cannot be used as it stands.")
MISSING = OpenApiResponse(Fault, description="There is nothing public here.")
REST = {304: UNCHANGED, 400: BAD, 405: NOT_ALLOWED}


def _parameter(name: str, found: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name, found.schema, OpenApiParameter.QUERY, description=found.about, explode=True, style="form"
    )


def _key(name: str, schema: dict[str, Any], value: str) -> OpenApiParameter:
    tried = OpenApiExample("one", value=int(value) if schema["type"] == "integer" else value)
    return OpenApiParameter(name, schema, OpenApiParameter.PATH, examples=[tried])


def names_of(filterset: type[Filters]) -> tuple[str, ...]:
    """The parameters of a list."""
    return (*filterset.base_filters, *paging.PARAMETERS)


def repeated(filterset: type[Filters]) -> tuple[str, ...]:
    """Those of them that may stand more than once."""
    return tuple(name for name, found in filterset.base_filters.items() if found.schema["type"] == "array")


def described(name: str, *, one: str) -> Callable[[type[Any]], type[Any]]:
    """Describe a view of `name` (sessions) and of a single row (`one`: session): by its filters and its data."""

    def describe(view: type[Any]) -> type[Any]:
        listed = extend_schema(
            operation_id=f"list_{name}",
            summary=f"List {name}",
            description=ABOUT[name],
            tags=[name],
            parameters=[*(_parameter(key, found) for key, found in view.filterset.base_filters.items()), ETAG],
            responses={200: view.serializer_class(many=True), **REST, 404: MISSING},
            extensions={"x-try": TRIES[name]},
        )
        data = view.one or view.serializer_class
        described_view: type[Any] = extend_schema_view(list=listed, retrieve=_single(name, one=one, data=data))(view)
        return described_view

    return describe


def _single(name: str, *, one: str, data: type[Data]) -> Any:
    keys = KEYS.get(one, BY_ID)
    return extend_schema(
        operation_id=f"get_{one}",
        summary=f"One {one}",
        description=f"The {one} at this address.",
        tags=[name],
        parameters=[_key(key, schema, value) for key, (schema, value) in keys.items()] + [ETAG],
        responses={200: data, **REST, 404: MISSING},
        extensions={"x-try": {key: value for key, (_schema, value) in keys.items()}},
    )


entry_described = extend_schema(
    operation_id="entry",
    summary="Where everything is",
    description="The addresses of all lists and of this description.",
    tags=["entry"],
    responses={
        200: inline_serializer("Entry", {name: drf.URLField() for name in ENTRIES}),
        **REST,
    },
    parameters=[ETAG],
    extensions={"x-try": ""},
)
