"""What other rooms say of a forum that ends, and what the next one takes over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Model, Q

from events.models import Forum
from events.shared.hooks import Hook


@dataclass(frozen=True)
class CopiedRows:
    """Rows of a forum that the next one takes over as its own (events.forums.copied_rows). `only`: which of them."""

    model: type[Model]
    only: Q = field(default_factory=Q)


class CopiedPart(NamedTuple):
    """What the next forum takes over together, by one tick. `place`: the lowest comes first; rows can name those of parts
    before, and of `rows` before them."""

    key: str
    place: int
    name: Any
    rows: Sequence[CopiedRows]


# Asked before a forum is archived: why it is not over yet; "" for nothing against it.
forum_goes_on = Hook[Callable[[Forum, datetime], str]]()

# What the next forum takes over from the one before.
next_forum = Hook[Callable[[], Sequence[CopiedPart]]]()
