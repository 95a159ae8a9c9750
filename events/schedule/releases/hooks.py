"""What other rooms do when sessions are released, or get another number of places."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db.models import QuerySet

from events.models import Session
from events.shared.hooks import Hook

# Asked once a release is committed: the name of the Celery task that has work now.
after_release = Hook[Callable[[], str]]()

# Asked once staff have changed how many places sessions have: what to tell them of these sessions at a moment.
places_changed = Hook[Callable[[QuerySet[Session], datetime], Sequence[str]]]()
