"""The description of the API in OpenAPI 3, as JSON or YAML, and read by people on a page of ours."""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from events.api import errors, schema_page
from events.shared.pages.public import public_page

KINDS = {"json": "application/json", "yaml": "application/yaml; charset=utf-8"}


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """The schema, in English whoever asks first. It is the same until the program changes."""
    from drf_spectacular.generators import SchemaGenerator  # loaded where it is used: a web process stays small

    with translation.override("en"):
        made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


def schema(request: HttpRequest) -> HttpResponse:
    """The schema as a file: JSON (which is YAML too), or with ?format=yaml written as YAML."""
    kind = request.GET.get("format", "json")
    if kind not in KINDS:
        faults = {"format": ["Choose json or yaml."]}
        return errors.answer(400, code="bad-parameter", detail=errors.BAD_PARAMETER, fields=faults)
    from drf_spectacular import renderers  # loaded where it is used: a web process stays small

    renderer = (renderers.OpenApiJsonRenderer if kind == "json" else renderers.OpenApiYamlRenderer)()
    return HttpResponse(renderer.render(description(), renderer_context={}), content_type=KINDS[kind])


@public_page
def page(request: HttpRequest) -> HttpResponse:
    """The page that shows the schema: addresses, parameters, commands to try, and the fields of the answers."""
    found = description()
    context = {
        "about": found["info"]["description"],
        "version": found["info"]["version"],
        "groups": schema_page.groups(found),
        "kinds": schema_page.kinds(found),
    }
    return render(request, "events/api/api.html", context)
