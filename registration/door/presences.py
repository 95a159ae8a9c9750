"""Who was inside when: pure arithmetic over what the doors saw, whatever the order in which it came."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple


class Passage(NamedTuple):
    """Somebody went in (`is_in`) or out at a moment. Of two of the same moment the entry comes first."""

    at: datetime
    is_in: bool


class Presence(NamedTuple):
    """From the entry to the exit, which is None for somebody who has not left."""

    began: datetime
    ended: datetime | None


def presences(passages: Iterable[Passage]) -> list[Presence]:
    """When one person was at one place. Entering while inside and leaving while outside change nothing: a ticket that was
    copied to two phones, or a scan that was sent twice, makes nobody two."""
    found: list[Presence] = []
    entry: Passage | None = None
    for passage in sorted(set(passages), key=lambda one: (one.at, not one.is_in)):
        if passage.is_in and entry is None:
            entry = passage
        elif not passage.is_in and entry is not None:
            found.append(Presence(entry.at, passage.at))
            entry = None
    return [*found, Presence(entry.at, None)] if entry is not None else found


def is_inside(passages: Iterable[Passage], *, at: datetime) -> bool:
    """Whether somebody is inside at a moment, by what was seen until then."""
    found = presences(one for one in passages if one.at <= at)
    return bool(found) and found[-1].ended is None
