"""Lists in pages: `page` from 1, `page_size` up to 200."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from events.api.errors import BadParameter
from events.shared.formatting.numbers import whole_number
from events.shared.pages.absolute_urls import absolute

PAGE_SIZE, LARGEST_PAGE, LAST_PAGE = 50, 200, 100_000


class Pages(BasePagination):
    """Counts, cuts, and links to the pages before and after with the site's own address."""

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any]:
        """Return the rows of the page that the query asks for. Refuses with 400 what is no number or too large, with
        404 a page after the last. Two queries, and those that the rows need."""
        query = request.query_params
        faults: dict[str, list[str]] = {}
        number = _number(query.get("page", "1"), most=LAST_PAGE, name="page", faults=faults)
        size = _number(query.get("page_size", str(PAGE_SIZE)), most=LARGEST_PAGE, name="page_size", faults=faults)
        if faults:
            raise BadParameter(faults)
        paginator = Paginator(queryset, size)
        if number > paginator.num_pages:
            raise Http404
        self.page, self.request = paginator.page(number), request
        return list(self.page)

    def get_paginated_response(self, data: Any) -> Response:
        number = self.page.number
        return Response(
            {
                "count": self.page.paginator.count,
                "next": self._address(number + 1) if self.page.has_next() else None,
                "previous": self._address(number - 1) if self.page.has_previous() else None,
                "results": data,
            }
        )

    def _address(self, number: int) -> str:
        pairs = [(name, value) for name, values in self.request.query_params.lists() for value in values]
        pairs = [pair for pair in pairs if pair[0] != "page"] + [("page", str(number))]
        return f"{absolute(self.request.path)}?{urlencode(pairs)}"

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        """The shape of a page with rows of `schema`; for its example drf-spectacular hands over a mark in their place."""
        link = {"type": "string", "format": "uri", "nullable": True, "example": None}
        rows = schema | {"maxItems": LARGEST_PAGE} if isinstance(schema, dict) else schema
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {
                    "type": "integer",
                    "minimum": 0,
                    "example": 1,
                    "description": "All rows that fit, on all pages.",
                },
                "next": link | {"description": "The page after this one."},
                "previous": link | {"description": "The page before this one."},
                "results": rows,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        def described(name: str, most: int, default: int, text: str) -> dict[str, Any]:
            schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
            return {"name": name, "in": "query", "required": False, "description": text, "schema": schema}

        return [
            described("page", LAST_PAGE, 1, "The number of the page; 404 after the last."),
            described("page_size", LARGEST_PAGE, PAGE_SIZE, "Rows on a page."),
        ]


PARAMETERS = ("page", "page_size")


def _number(text: str, *, most: int, name: str, faults: dict[str, list[str]]) -> int:
    """A whole number from 1 to `most`; anything else is put down in `faults`."""
    if number := whole_number(text, most=most):
        return number
    faults[name] = [f"Enter a whole number from 1 to {most}."]
    return 1
