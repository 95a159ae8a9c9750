"""Notes to one person, shown first on every page while something of theirs is unfinished.

What there is to say may be known higher up only: such an app registers a function here when it starts (as what is
asked again before a mail is sent, events.mail.outbox.recheck). Visitors without an account are never asked about.
"""

from collections.abc import Callable
from datetime import datetime

from events.models import Forum, User

# Given a person, a forum, the path of the page ("" where it is not known) and the time: HTML, or "" for nothing to say.
Note = Callable[[User, Forum, str, datetime], str]
_notes: list[Note] = []


def note(function: Note) -> Note:
    """Register a function that may have a note for a person."""
    _notes.append(function)
    return function


def notes_for(user: object, *, forum: Forum, page: str, now: datetime) -> list[str]:
    """The notes that a person gets on a page, as HTML; none for a visitor."""
    if not isinstance(user, User):
        return []
    return [html for function in _notes if (html := function(user, forum, page, now))]
