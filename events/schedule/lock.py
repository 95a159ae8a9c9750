"""The lock under which the schedule of a forum changes: the draft (events.schedule.moves) and its release (events.schedule.releases.releases)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from events.models import Forum


@contextmanager
def locked(forum: Forum) -> Iterator[Forum]:
    """A transaction in which nobody else changes the schedule of this forum. Checks and saving belong inside it.

    Rows that only name the forum (a booking, an outcome) are still written meanwhile: `no_key`.
    """
    with transaction.atomic():
        yield Forum.objects.select_for_update(no_key=True).get(pk=forum.pk)
