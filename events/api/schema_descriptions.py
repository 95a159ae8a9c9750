"""What the schema says of each address: its parameters are those that the filters and the pages read, no others.

Loaded by who writes the schema (settings.SPECTACULAR_SETTINGS): drf-spectacular brings the test client of Django along, and a
web process stays small.
"""

from collections.abc import Sequence
from functools import cache
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

from events.api.examples import example
from events.api.serializers import Fault

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


def describe(endpoints: Sequence[tuple[str, str, str, Any]]) -> Sequence[tuple[str, str, str, Any]]:
    """Describe each view before the schema is written. `endpoints`: address, pattern, method and view, as drf-spectacular
    hands them over and takes them back."""
    for view in {view.cls for *_address, view in endpoints}:
        _describe(view)
    return endpoints


@cache
def _describe(view: type[Any]) -> None:
    """Describe a list and its single rows by the names, filters and data of the view (views.Rows); or the entry."""
    if hasattr(view, "entries"):
        extend_schema_view(get=_of_the_entry(view.entries))(view)
        return
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
        responses={200: _answer(view.serializer_class(many=True)), **REST, 404: MISSING},
        extensions={"x-try": view.tried},
    )
    keys = [
        OpenApiParameter(name, schema, OpenApiParameter.PATH, examples=[OpenApiExample("one", value=value)])
        for name, (schema, value) in view.keys.items()
    ]
    read = [one for one in filters if one.name in view.single_filters]
    single = extend_schema(
        operation_id=f"get_{view.one}",
        summary=f"One {view.one}",
        description=f"The {view.one} at this address.",
        tags=[view.many],
        parameters=[*keys, *read, ETAG],
        responses={200: _answer((view.single_serializer or view.serializer_class)()), **REST, 404: MISSING},
        extensions={"x-try": {name: str(value) for name, (_schema, value) in view.keys.items()}},
    )
    extend_schema_view(list=listed, retrieve=single)(view)


def _answer(serializer: Any) -> OpenApiResponse:
    """An answer with data, and an example of one row."""
    shown = example(serializer)
    value = shown[0] if isinstance(shown, list) else shown
    return OpenApiResponse(serializer, examples=[OpenApiExample("one", value=value, response_only=True)])


def _of_the_entry(names: Sequence[str]) -> Any:
    return extend_schema(
        operation_id="entry",
        summary="Where everything is",
        description="The addresses of all lists and of this description.",
        tags=["entry"],
        responses={200: inline_serializer("Entry", {name: drf.URLField() for name in names}), **REST},
        parameters=[ETAG],
        extensions={"x-try": ""},
    )
