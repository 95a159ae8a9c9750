"""What sessions still need: the lists behind the organisers' first page.

What lies ahead is asked of the draft (events.schedule.moves), where organisers mend it; what is over of what the public saw.
"""

from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q

from events.models import Call, Forum, HostedSession, Placement, Session
from events.models.outcome import has_reported
from events.schedule.releases import releases

SOON = timedelta(days=7)


def conditions(now: datetime) -> dict[str, Q]:
    """The condition of each need, for sessions.

    `release`: changed, not released yet. Within seven days: `drafts`, which the public does not see; `no_address` and
    `no_room`. Over: `no_recording`; `no_outcome`, where the session's own organisers are late with it.
    """
    soon = Q(placement__starts__gte=now, placement__starts__lt=now + SOON)
    held, over = Q(placement__state=Placement.State.SCHEDULED), Q(state=Session.State.SCHEDULED, ends__lte=now)
    return {
        "release": releases.is_waiting(),
        "drafts": Q(state=Session.State.DRAFT) & soon & ~Q(placement__state=Placement.State.CANCELLED),
        "no_address": held & soon & Q(meeting_url=""),
        "no_room": held & soon & Q(placement__room__isnull=True),
        "no_recording": over & Q(recording_url=""),
        "no_outcome": over & _is_late(now),
    }


def _is_late(now: datetime) -> Q:
    """Whether those who edit a session have reported nothing, so many days after its end as the call gives them.

    One query, for the numbers of days that there are: SQLite cannot multiply days.
    """
    late = Q(pk__in=[])
    for days in Call.objects.order_by().values_list("outcome_days", flat=True).distinct():
        late |= Q(forum__call__outcome_days=days, ends__lte=now - timedelta(days=days))
    has_hosts = Exists(HostedSession.objects.filter(session=OuterRef("pk")))
    return late & Q(has_hosts) & ~has_reported("pk")


def counts(forum: Forum, *, now: datetime) -> dict[str, int]:
    """How many sessions of a forum have each need. Two queries."""
    numbers = {need: Count("pk", filter=condition) for need, condition in conditions(now).items()}
    return Session.objects.filter(forum=forum).aggregate(**numbers)
