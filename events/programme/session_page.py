"""One session's page, and its neighbours of the day."""

from datetime import timedelta

from django.db.models import Prefetch, QuerySet

from events.models import Appearance, Forum, Outcome, Session


def rows(forum: Forum) -> QuerySet[Session]:
    """A forum's public sessions with what a row shows: type, track, room and organisers."""
    found = Session.objects.public().filter(forum=forum).select_related("forum", "type", "track", "room")
    return found.prefetch_related("organisers").order_by("starts", "pk")


def session(forum_slug: str, *, code: str) -> Session | None:
    """A public session with everything its page shows; None where the public may not see it."""
    panel = Appearance.objects.released().select_related("speaker__organisation", "speaker__country")
    return (
        Session.objects.public()
        .filter(forum__slug=forum_slug, code=code)
        .select_related("forum__host", "type", "track", "room", "report")
        .prefetch_related(
            "forum__co_organisers",
            "organisers",
            "action_lines",
            "sdgs",
            "documents",
            Prefetch("appearances", panel),
            Prefetch("outcomes", Outcome.objects.public()),
        )
        .first()
    )


def neighbours(session: Session) -> tuple[Session | None, Session | None]:
    """The session before and the one after on the same local day of the forum."""
    forum = session.forum
    assert session.starts is not None  # noqa: S101  a public session has a start
    day = forum.local(session.starts).replace(hour=0, minute=0, second=0, microsecond=0)
    same_day = list(
        Session.objects.public()
        .filter(forum=forum, starts__gte=day, starts__lt=day + timedelta(days=1))
        .order_by("starts", "pk")
    )
    around = [None, *same_day, None]
    place = around.index(session)
    return around[place - 1], around[place + 1]
