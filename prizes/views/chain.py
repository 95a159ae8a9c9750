"""Filled in by its slice."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def chain(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def feed(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def bundle(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def recount_script(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def check(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404
