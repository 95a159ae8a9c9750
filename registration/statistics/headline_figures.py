"""The few numbers of a forum that its first page tells, and those that editions are compared by."""

from typing import Any

from django.db.models import Count

from events.disclosure.hidden_cells import is_small
from events.models import Appearance, Session
from registration.models import Registration, Tally
from registration.statistics.tables import Figures


def tiles(found: Figures) -> dict[str, Any]:
    """Attendances and people (`total`), countries, sessions and speakers of a forum, and when they were `counted`."""
    public = Session.objects.public().filter(forum=found.forum)
    speakers = Appearance.objects.public().filter(session__forum=found.forum)
    return {
        "total": found.total,
        "countries": len(found.cells[Tally.Dimension.COUNTRY]),
        "sessions": public.filter(state=Session.State.SCHEDULED).count(),
        "speakers": speakers.aggregate(n=Count("speaker", distinct=True))["n"],
        "counted": found.counted,
    }


def registered(found: Figures) -> int | None:
    """How many people take part by their registrations; None where they are so few, or so few of them did not come, that it would tell of
    a small group."""
    people = Registration.objects.active().filter(forum=found.forum).count()
    return None if is_small(people) or is_small(abs(people - found.total.people)) else people
