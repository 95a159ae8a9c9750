"""Filled in by its slice."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def mine(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def begin(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def state(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def save(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def withdraw(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def add_file(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def remove_file(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404


def step(request: HttpRequest, **_parts: Any) -> HttpResponse:
    raise Http404
