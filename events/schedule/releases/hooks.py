"""What other rooms do when sessions are released, or get another number of places."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from events.models import Release, Session, User
from events.shared.hooks import Hook


class Hearers(NamedTuple):
    """People whom a release makes a mail for. `words`: how many, and who they are; `names`: of the first of them, none for
    whom they are not to be seen; `accounts`: the keys of theirs."""

    words: str
    names: Sequence[str] = ()
    accounts: Sequence[Any] = ()


# Asked before something is released: who would get a mail about a version that is not saved, for an account that reads it at a moment.
who_hears = Hook[Callable[[Release, User, datetime], Sequence[Hearers]]]()

# Asked once a release is committed: the name of the Celery task that has work now.
after_release = Hook[Callable[[], str]]()

# Asked once staff have changed how many places sessions have: what to tell them of these sessions at a moment.
places_changed = Hook[Callable[[QuerySet[Session], datetime], Sequence[str]]]()
