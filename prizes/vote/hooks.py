"""What other rooms do once a vote is cast."""

from collections.abc import Callable

from events.shared.hooks import Hook

# Called once a voter's choice is written down for good.
choice_cast = Hook[Callable[[], None]]()
