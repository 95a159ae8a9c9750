"""Where a forum's people are on the clock, written down for the programme (events.Audience)."""

from datetime import datetime
from itertools import batched, chain

from django.db import transaction
from django.db.models import Count, F
from django.utils.translation import gettext_lazy

from events.models import Audience, Forum
from events.shared.jobs.sweeps import Sweep
from registration.models import Booking, Registration

AUDIENCES = Sweep("audiences", gettext_lazy("Where the people of a forum live"))
ROWS = 2000  # of one INSERT


def recount_due(now: datetime) -> int:
    """Count the people of all forums that are awaited; return of how many."""
    return len(AUDIENCES.each(Forum.objects.awaited(now).order_by("pk"), recount, now=now))


@transaction.atomic
def recount(forum: Forum) -> int:
    """Write down the people per region and time zone: of the forum (those who take part) and of each session (booked).

    Each row has the region of the country that they stand for. Replaces the forum's rows under a lock of the forum; returns
    how many rows there are. Idempotent.
    """
    Forum.objects.select_for_update(no_key=True).get(pk=forum.pk)
    Audience.objects.filter(forum=forum).delete()
    people = Registration.objects.active().filter(forum=forum).order_by()
    bookings = Booking.objects.filter(session__forum=forum, registration__in=people).order_by()
    booked = {"time_zone": F("registration__time_zone"), "region": F("registration__country__region")}
    rows = chain(
        people.values("time_zone", region=F("country__region")).annotate(people=Count("pk")).iterator(),
        bookings.values("session_id", **booked).annotate(people=Count("pk")).iterator(),
    )
    made = (Audience(forum=forum, **row) for row in rows)
    return sum(len(Audience.objects.bulk_create(some)) for some in batched(made, ROWS))
