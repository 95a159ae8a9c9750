"""Notes to one person, shown first on every page while something of theirs is unfinished.

What there is to say may be known higher up only: such an app hangs a function on `events.hooks.banner`. Visitors
without an account are never asked about.
"""

from datetime import datetime

from events import hooks
from events.models import Forum, User


def notes_for(user: object, *, forum: Forum, page: str, now: datetime) -> list[str]:
    """The notes that a person gets on a page, as HTML; none for a visitor."""
    if not isinstance(user, User):
        return []
    return [html for function in hooks.banner.of() if (html := function(user, forum, page, now))]
