"""Expensive pages: those that take a core for long. Of these a web process makes one at a time (config.front.places)."""

from collections.abc import Callable, Collection
from typing import Any

NAME = "expensive_with"  # what the mark is called on a view


def expensive[View: Callable[..., Any]](*parameters: str) -> Callable[[View], View]:
    """Mark a view as expensive: whenever it is asked, or with one of these parameters in its query."""

    def mark(view: View) -> View:
        setattr(view, NAME, frozenset(parameters))
        return view

    return mark


def is_expensive(view: Callable[..., Any], *, query: Collection[str]) -> bool:
    """Whether a view, asked with these parameters, is expensive."""
    parameters: frozenset[str] | None = getattr(view, NAME, None)
    return parameters is not None and (not parameters or bool(parameters & set(query)))
