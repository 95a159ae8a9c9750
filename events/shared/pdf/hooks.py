"""What the page shows that verifies certificates and letters."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from events.shared.hooks import Hook


class Issued(NamedTuple):
    """Something with a code that the page that verifies it shows, by a template and what that needs."""

    template: str
    context: Mapping[str, Any]


# Asked on the page that verifies certificates and letters: given a code (events.shared.formatting.codes, as `normal` leaves it) and the
# time, what was issued with it; None for a code of others, and while nobody may know.
issued = Hook[Callable[[str, datetime], Issued | None]]()
