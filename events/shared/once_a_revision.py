"""What is the same for everybody, asked for once in a web process for each public revision (events.shared.pages.revision).

Nothing of a person: what is kept here, all people share.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, cast

MOST_KEPT = 5_000  # answers of all functions together

_MISSING = object()
_kept: dict[Hashable, Any] | None = None  # None: nobody in this process looks at the revision, so nothing is kept
_until_done: ContextVar[dict[Hashable, Any] | None] = ContextVar("until_done", default=None)
_is_aside: ContextVar[bool] = ContextVar("is_aside", default=False)


def keep_anew(*, is_watched: bool) -> None:
    """Forget what was kept. Called by who looks at the revision once a second, whenever it has risen (config.finished_pages);
    from then on it is kept again, or, when nobody looks any more, not at all."""
    global _kept
    _kept = {} if is_watched else None


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Ask for everything again, and keep none of it: for a page that not everybody sees (events.shared.pages.preview)."""
    token = _is_aside.set(True)
    try:
        yield
    finally:
        _is_aside.reset(token)


@contextmanager
def kept_until_done() -> Iterator[None]:
    """Keep what is asked for until the end of this, in a process that keeps nothing: for what is done with many rows as one."""
    token = _until_done.set({})
    try:
        yield
    finally:
        _until_done.reset(token)


def is_aside() -> bool:
    """Whether what is asked for now must be neither kept nor taken from what is kept."""
    return _is_aside.get()


def once_a_revision[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Ask a function once for each revision and each of its arguments, in a web process; elsewhere every time, but for
    `kept_until_done`.

    Only for what the public sees: nothing of a person may be in its arguments or its answer, which all people share.
    """

    @wraps(function)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        # Of the revision at the beginning: what is read while it rises goes with it.
        kept = _until_done.get() if _kept is None else _kept
        if kept is None or _is_aside.get():
            return function(*args, **kwargs)
        key = (function, args, *sorted(kwargs.items()))
        answer = kept.get(key, _MISSING)  # once: to compare rows takes time
        if answer is _MISSING:
            answer = function(*args, **kwargs)
            if len(kept) < MOST_KEPT:
                kept[key] = answer
        return cast(T, answer)

    return asked
