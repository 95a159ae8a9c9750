"""What the schema says of each address: its parameters are those that the filters and the pages read, no others."""

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
from events.api.serializers import Fault
from events.programme.filters import Filters

ENTRIES = ("forums", "sessions", "speakers", "organisations", "outcomes", "practical-pages", "releases", "schema")
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


def names_of(filterset: type[Filters]) -> tuple[str, ...]:
    """The parameters of a list."""
    return (*filterset.base_filters, *paging.PARAMETERS)


def repeated(filterset: type[Filters]) -> tuple[str, ...]:
    """Those of them that may stand more than once."""
    return tuple(name for name, found in filterset.base_filters.items() if found.schema["type"] == "array")


def described[V: type[Any]](view: V) -> V:
    """Describe a list and its single rows: by the names, filters and data of the view (views.Rows)."""
    filters = [
        OpenApiParameter(
            name, found.schema, OpenApiParameter.QUERY, description=found.about, explode=True, style="form"
        )
        for name, found in view.filterset.base_filters.items()
    ]
    listed = extend_schema(
        operation_id=f"list_{view.many}",
        summary=f"List {view.many}",
        description=view.__doc__,
        tags=[view.many],
        parameters=[*filters, ETAG],
        responses={200: view.serializer_class(many=True), **REST, 404: MISSING},
        extensions={"x-try": view.tried},
    )
    keys = [
        OpenApiParameter(name, schema, OpenApiParameter.PATH, examples=[OpenApiExample("one", value=value)])
        for name, (schema, value) in view.keys.items()
    ]
    single = extend_schema(
        operation_id=f"get_{view.one}",
        summary=f"One {view.one}",
        description=f"The {view.one} at this address.",
        tags=[view.many],
        parameters=[*keys, ETAG],
        responses={200: view.single_serializer or view.serializer_class, **REST, 404: MISSING},
        extensions={"x-try": {name: str(value) for name, (_schema, value) in view.keys.items()}},
    )
    made: V = extend_schema_view(list=listed, retrieve=single)(view)
    return made


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
