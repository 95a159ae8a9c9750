"""Filled in by its slice."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def ballot(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def start(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def receipt(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def category(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def note(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404
