"""What a person is told first on their pages, and what follows when somebody stops to take part."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from events.models import Forum, User
from events.shared.hooks import Hook

# What a person is told first on every page while something of theirs is unfinished. Given the person, the forum, the
# path of the page ("" where it is not known) and the time: HTML, or "" for nothing to say.
banner = Hook[Callable[[User, Forum, str, datetime], str]]()

# Called in the transaction in which somebody stops to take part in a forum (withdrawn, or refused afterwards): the registration,
# which is locked, and when.
stops_taking_part = Hook[Callable[[Any, datetime], None]]()
