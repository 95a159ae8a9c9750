"""The speakers of public sessions, and the sessions of each."""

from datetime import datetime
from typing import NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from events.models import Appearance, Forum, Session, Speaker
from events.programme.search import search
from events.programme.session_page import rows

SPEAKERS_A_PAGE = 60


def _public_speakers(forum: Forum) -> QuerySet[Speaker]:
    seen = Appearance.objects.public().filter(session__forum=forum).order_by()
    return Speaker.objects.filter(pk__in=seen.values("speaker"), forum=forum).select_related("organisation", "country")


def speakers(forum: Forum, *, query: str, order: str, page: str) -> Page[Speaker]:
    """A page of the speakers of public sessions, by protocol or (`order` "name") by name; `query` looks in their
    names, positions and organisations. A page number that does not exist gives the nearest."""
    found = _public_speakers(forum).filter(search.holding(query, *search.SPEAKER_COLUMNS))
    columns = ["name", "pk"] if order == "name" else ["protocol_order", "name", "pk"]
    return Paginator(found.order_by(*columns), SPEAKERS_A_PAGE).get_page(page[:6])


def speaker(forum: Forum, *, pk: int) -> Speaker | None:
    """A speaker of a public session of the forum; None for others."""
    return _public_speakers(forum).filter(pk=pk).first()


class Spoken(NamedTuple):
    """A session of a speaker, with the part that the speaker takes in it."""

    session: Session
    role: str


def sessions_of(speaker: Speaker, *, forum: Forum, now: datetime) -> tuple[list[Spoken], list[Spoken]]:
    """The public sessions in which a speaker appears: those to come or on now in order of time, and those that are
    over, the latest first. Three queries."""
    seen = Appearance.objects.released().filter(speaker=speaker)
    roles = {session: str(Appearance.Role(role).label) for session, role in seen.values_list("session", "role")}
    found = rows(forum).filter(pk__in=roles)
    spoken = [Spoken(session, roles[session.pk]) for session in found]
    coming = [one for one in spoken if not one.session.is_over(now)]
    return coming, [one for one in reversed(spoken) if one.session.is_over(now)]
