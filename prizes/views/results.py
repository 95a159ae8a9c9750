"""Filled in by its slice."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def results(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def verify(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def certificate(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404
