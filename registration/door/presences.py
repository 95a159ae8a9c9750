"""Who was inside when: pure arithmetic over what the doors saw, whatever the order in which it came."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple


class Passage(NamedTuple):
    """Somebody went in (`is_in`) or out at a moment; `by_code`: without a pass, by the code on a screen that there
    was once (decision 0061). Of two of the same moment the entry comes first."""

    at: datetime
    is_in: bool
    by_code: bool = False


class Presence(NamedTuple):
    """From the entry to the exit, which is None for somebody who has not left. `by_code`: that of the entry."""

    began: datetime
    ended: datetime | None
    by_code: bool = False


def presences(passages: Iterable[Passage]) -> list[Presence]:
    """When one person was at one place. Entering while inside and leaving while outside change nothing: a ticket that was
    copied to two phones, or a scan that was sent twice, makes nobody two."""
    found: list[Presence] = []
    entry: Passage | None = None
    for passage in sorted(set(passages), key=lambda one: (one.at, not one.is_in, one.by_code)):
        if passage.is_in and entry is None:
            entry = passage
        elif not passage.is_in and entry is not None:
            found.append(Presence(entry.at, passage.at, entry.by_code))
            entry = None
    return [*found, Presence(entry.at, None, entry.by_code)] if entry is not None else found


def is_inside(passages: Iterable[Passage], *, at: datetime) -> bool:
    """Whether somebody is inside at a moment, by what was seen until then."""
    found = presences(one for one in passages if one.at <= at)
    return bool(found) and found[-1].ended is None
