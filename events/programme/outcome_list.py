"""What came out of the sessions, by kind."""

from itertools import groupby

from django.db.models import Prefetch

from events.models import Forum, Outcome, Session


def outcomes(forum: Forum, *, language: str) -> list[tuple[str, list[Outcome]]]:
    """The forum's public outcomes by kind, in the order of the kinds: (the kind's name, its outcomes)."""
    sessions = Session.objects.public().in_language(language)
    found = list(
        Outcome.objects.public().filter(forum=forum).prefetch_related("organisations", Prefetch("session", sessions))
    )
    kinds = list(Outcome.Kind.values)
    found.sort(key=lambda outcome: (kinds.index(outcome.kind), outcome.order, outcome.pk))
    return [
        (str(Outcome.Kind(kind).label), list(group)) for kind, group in groupby(found, key=lambda outcome: outcome.kind)
    ]
