"""What a view says of itself, so that the front treats it rightly (config.front)."""

from collections.abc import Callable, Collection
from typing import Any

EXPENSIVE, WRITES = "expensive_when", "writes_when_read"  # what the marks are called on a view


def expensive[View: Callable[..., Any]](*, parameter: str = "", method: str = "") -> Callable[[View], View]:
    """Mark a view that takes a core for long: always, only with this parameter in its query, or only for this method.

    Of such pages a web process makes one at a time.
    """

    def mark(view: View) -> View:
        setattr(view, EXPENSIVE, (parameter, method))
        return view

    return mark


def is_expensive(view: Callable[..., Any] | None, *, query: Collection[str], method: str) -> bool:
    """Whether a view, asked with these parameters by this method, is expensive."""
    mark = getattr(view, EXPENSIVE, None)
    return mark is not None and mark[0] in {"", *query} and mark[1] in {"", method}


def writes_when_read[View: Callable[..., Any]](view: View) -> View:
    """Mark a view that writes something when its page is asked for: it is never asked for a second time by itself."""
    setattr(view, WRITES, True)
    return view


def may_be_asked_again(view: Callable[..., Any] | None) -> bool:
    """Whether a page that is only read may be asked for again when its connection to the database was lost."""
    return not hasattr(view, WRITES)
