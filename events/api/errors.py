"""Answers of the API that are no data: always JSON, with a word for programs, a sentence for people and, where it is
about parameters, what is wrong with each."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from events.shared.pages.public import OPEN

type Fields = Mapping[str, Sequence[str]]

NOT_FOUND = "There is nothing public at this address."
NOT_ALLOWED = "The API can only be read: use GET, HEAD or OPTIONS."
NOT_UNDERSTOOD = "The address cannot be read: it holds a NUL byte or text that is not UTF-8."
TOO_LARGE = "The API takes no body."
BAD_PARAMETER = "A parameter cannot be used as it stands."


class BadParameter(exceptions.APIException):
    """Refuses a request (`bad-parameter`, 400); `fields`: what is wrong with each parameter."""

    status_code = 400

    def __init__(self, fields: Fields) -> None:
        super().__init__(BAD_PARAMETER, code="bad-parameter")
        self.fields = {name: [str(sentence) for sentence in sentences] for name, sentences in fields.items()}


def body(code: str, *, detail: str, fields: Fields | None = None) -> dict[str, Any]:
    """What stands in an answer that is no data."""
    return {"code": code, "detail": detail, "parameters": dict(fields or {})}


def answer(status: int, *, code: str, detail: str, fields: Fields | None = None) -> JsonResponse:
    """An answer made without Django REST framework, which pages of other sites may read as well."""
    return JsonResponse(body(code, detail=detail, fields=fields), status=status, headers=OPEN)


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The exception handler of the API's views: the same body for everything that they refuse."""
    if isinstance(error, BadParameter):
        return Response(body("bad-parameter", detail=BAD_PARAMETER, fields=error.fields), status=400)
    if isinstance(error, Http404 | exceptions.NotFound):
        return Response(body("not-found", detail=NOT_FOUND), status=404)
    return None


def is_of_the_api(request: HttpRequest) -> bool:
    """Whether a request asks for the API: then errors are JSON there too, where no view was reached."""
    return request.path_info.startswith("/api/") and request.path_info != "/api/"
