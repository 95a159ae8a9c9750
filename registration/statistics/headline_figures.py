"""The few numbers of a forum that its first page tells, and those that editions are compared by."""

from typing import Any

from django.db.models import Count

from events.models import Appearance, Session
from events.shared.disclosure.hidden_cells import is_small
from registration.models import Tally
from registration.statistics.tables import PublicFigures


def tiles(found: PublicFigures) -> dict[str, Any]:
    """Attendances and people (`total`), countries, sessions and speakers of a forum, and when they were `counted`.

    `countries`: those that the public table names, None where it names none of people who came; there are more where it does not tell
    where everybody came from (`is_at_least`). How many there are in truth would tell of the ones without a name.
    """
    public = Session.objects.public().filter(forum=found.forum)
    speakers = Appearance.objects.public().filter(session__forum=found.forum)
    told = found.cells[Tally.Dimension.COUNTRY]
    named = sum(bool(code) for code in told)
    is_at_least = found.total.people > sum(counts.people for counts in told.values() if counts)
    return {
        "total": found.total,
        "countries": named if named or not is_at_least else None,
        "is_at_least": is_at_least,
        "sessions": public.filter(state=Session.State.SCHEDULED).count(),
        "speakers": speakers.aggregate(n=Count("speaker", distinct=True))["n"],
        "counted": found.counted,
    }


def registered(found: PublicFigures) -> int | None:
    """How many people take part by their registrations; None where they are so few, or so few of them did not come, that it would tell of
    a small group."""
    people = found.registered
    return None if people is None or is_small(abs(people - found.total.people)) else people
