"""Sweeps: what the site does by itself with many rows, each row by itself, so that a bad one stops nobody.

What fails is remembered (`FailedRow`), told on the organisers' Overview, and tried again after a pause that grows. Trouble of the
database is nobody's fault: it ends the sweep, and the next one begins where this one was.
"""

import logging
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy

from events.models import FailedRow, Forum
from events.shared.jobs.troubles import is_of_the_row, is_trouble

logger = logging.getLogger(__name__)

PAUSE = timedelta(minutes=1)  # after the first failure; twice as long after each further one
LONGEST = timedelta(hours=1)
DAY = timedelta(days=1)
LONGEST_KEY = 120  # characters that are kept of what a row is called
KNOWN: dict[str, "Sweep"] = {}  # by name


class RowsFailed(Exception):
    """Of rows that were tried one by one, some failed: what they are, and the first error as its cause."""

    def __init__(self, keys: list[str]) -> None:
        super().__init__(f"rows {', '.join(keys[:10])}{' …' if len(keys) > 10 else ''}")


class Apart:
    """Tries rows one by one, each in a transaction of its own."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._failed: list[str] = []
        self._first: Exception | None = None

    def each[Row](self, rows: Iterable[Row], act: Callable[[Row], object]) -> int:
        """Do something with each row; return with how many it went well."""
        return sum([self.one(row, partial(act, row)) for row in rows])

    def together[Row](self, rows: Sequence[Row], act: Callable[[Sequence[Row]], object]) -> int:
        """Do something with rows at once and, where that fails, with each by itself; return with how many it went well."""
        return self.each(rows, lambda row: act([row])) if _error_of(partial(act, rows)) else len(rows)

    def one(self, row: Any, act: Callable[[], object]) -> bool:
        """Do something with a row, or (None) with all of it that has no row; return whether it went well."""
        if error := _error_of(act):
            logger.error("%s: row %s failed", self._what, _key(row), exc_info=error)
            self._failed.append(_key(row))
            self._first = self._first or error
        return error is None

    def tell(self) -> None:
        """Raise `RowsFailed` where some failed. After the transaction of the others."""
        if self._failed:
            raise RowsFailed(self._failed) from self._first


def _error_of(act: Callable[[], object]) -> Exception | None:
    """Do something in a transaction; return what went wrong. Raises troubles of the database."""
    try:
        with transaction.atomic():
            act()
    except Exception as error:  # whatever it is: the others are not to wait for this one
        if is_trouble(error):
            raise
        return error
    return None


@contextmanager
def apart(what: str) -> Iterator[Apart]:
    """Rows that belong to one of a sweep: `with apart("mails") as tries: tries.each(rows, act)`. Raises `RowsFailed` in the end,
    so that it counts as failed, and is tried again; what went well stays, and is known by its rows."""
    tries = Apart(what)
    yield tries
    tries.tell()


def _key(row: Any) -> str:
    return str(getattr(row, "pk", row))


def _forum(row: Any) -> int | None:
    return row.pk if isinstance(row, Forum) else getattr(row, "forum_id", None)


def _hold(rows: Any, row: Any) -> Any:
    return rows.select_for_update(of=("self",), skip_locked=True).filter(pk=row.pk).first()


class Sweep:
    """One kind of work, by its name, with the words for organisers. `longest`: until what failed is tried again at the latest;
    `is_shared`: several tasks have rows of it."""

    def __init__(self, name: str, words: Any, *, longest: timedelta = LONGEST, is_shared: bool = False) -> None:
        self.name, self.words, self._longest, self._is_shared = name, words, longest, is_shared
        KNOWN[name] = self

    def each[Row](
        self,
        rows: Iterable[Row],
        act: Callable[[Row], Any],
        *,
        now: datetime,
        key: Callable[[Row], Hashable] = _key,
        forum: Callable[[Row], int | None] = _forum,
        is_whole: bool = True,
        is_held: bool = False,
    ) -> list[Any]:
        """Do something with all rows that are due, each by itself; return what came of those that went well. `key`: what a row is
        called until it went well; `is_whole`: in one transaction, else `act` has its own; `is_held`: which holds the row (of a query), unless
        it is done by now, or another worker is at it. Raises troubles of the database."""
        failed = {one.row: one for one in FailedRow.objects.filter(sweep=self.name)}
        done, due = [], set()
        for row in rows:
            name = str(key(row)).replace("\0", "")[:LONGEST_KEY]
            due.add(name)
            before = failed.get(name)
            if before and now < before.again:
                continue
            try:
                with transaction.atomic() if is_whole else nullcontext():
                    held = _hold(rows, row) if is_held else row
                    done += [act(held)] if held is not None else []
            except Exception as error:  # whatever it is: the others are not to wait for this one
                if is_trouble(error) and not is_of_the_row(error):
                    raise
                self._note(name, before, error=error, forum=forum(row), now=now)
            else:
                if before:
                    before.delete()
        undue = [one for name, one in failed.items() if name not in due]
        if gone := [one.pk for one in undue if not self._is_shared or now - one.tried > DAY]:
            FailedRow.objects.filter(pk__in=gone).delete()
        return done

    def _note(self, row: str, before: FailedRow | None, *, error: Exception, forum: int | None, now: datetime) -> None:
        attempts = before.attempts + 1 if before else 1
        pause = min(PAUSE * 2 ** min(attempts - 1, 10), self._longest)
        if isinstance(error, ValidationError):  # such as `key-away`: nothing was changed
            logger.error("%s: row %s waits: %s", self.name, row, " ".join(error.messages))
        else:
            logger.error("%s: row %s failed, for the %s. time", self.name, row, attempts, exc_info=error)
        said = {"forum_id": forum, "attempts": attempts, "tried": now, "again": now + pause, "error": _told(error)}
        FailedRow.objects.update_or_create(
            sweep=self.name, row=row, defaults=said, create_defaults=said | {"since": now}
        )


def _told(error: Exception) -> str:
    """An error without what it says of people: its kind, the code of a refusal, the rows."""
    if isinstance(error, RowsFailed):
        return f"{type(error.__cause__).__name__}: {error}"[:200]
    code = getattr(error, "code", "") if isinstance(error, ValidationError) else ""
    return f"{type(error).__name__}: {code}" if code else type(error).__name__


PARTS = Sweep("parts", gettext_lazy("Work that goes on by itself"), longest=timedelta(), is_shared=True)


def in_turn(*parts: Callable[..., object], now: datetime) -> None:
    """Do the parts of a task one after the other, each with `now`; one that fails stops none behind it, and is tried again with
    the next wake-up."""
    PARTS.each(parts, lambda part: part(now=now), now=now, key=_name, is_whole=False)


def _name(part: Callable[..., object]) -> str:
    return f"{part.__module__}.{part.__qualname__}"
