"""The pages for requests that cannot be answered. They need no database and no signed-in person."""

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from events.api import errors as api_errors

TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def bad_request(request: HttpRequest, exception: Exception | None) -> HttpResponse:
    """Say that the request was not understood (400), or that it was too large (413)."""
    if isinstance(exception, TOO_MUCH):
        return too_large(request)
    if api_errors.is_of_the_api(request):
        return api_errors.answer(400, code="bad-request", detail=api_errors.NOT_UNDERSTOOD)
    return HttpResponse(render_to_string("400.html"), status=400)


def too_large(request: HttpRequest) -> HttpResponse:
    """Say that the form sent more than the site takes (413), and how to go on."""
    if api_errors.is_of_the_api(request):
        return api_errors.answer(413, code="too-large", detail=api_errors.TOO_LARGE)
    return HttpResponse(render_to_string("413.html"), status=413)
