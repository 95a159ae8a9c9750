"""Filled in by its slice."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def desk(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def review(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def save(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def conflict(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404
