"""Who was inside when: pure arithmetic over what the doors saw, whatever the order in which it came."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple


class Passage(NamedTuple):
    """Somebody went in (`is_in`) or out at a moment. Of two of the same moment the entry comes first."""

    at: datetime
    is_in: bool


class Stay(NamedTuple):
    """From the entry to the exit; to None for who has not left."""

    began: datetime
    ended: datetime | None


def stays(passages: Iterable[Passage]) -> list[Stay]:
    """The stays of one person at one place. An entry of who is in, and an exit of who is out, change nothing: a ticket that was
    copied to two phones, or a scan that was sent twice, makes nobody two."""
    found: list[Stay] = []
    began: datetime | None = None
    for passage in sorted(set(passages), key=lambda one: (one.at, not one.is_in)):
        if passage.is_in and began is None:
            began = passage.at
        elif not passage.is_in and began is not None:
            found.append(Stay(began, passage.at))
            began = None
    return [*found, Stay(began, None)] if began is not None else found


def is_inside(passages: Iterable[Passage], *, at: datetime) -> bool:
    """Whether somebody is inside at a moment, by what was seen until then."""
    found = stays(one for one in passages if one.at <= at)
    return bool(found) and found[-1].ended is None
