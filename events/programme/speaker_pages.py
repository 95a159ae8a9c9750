"""The speakers of public sessions, and the sessions of each."""

from collections.abc import Sequence
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


class SpeakersFound(NamedTuple):
    """A page of speakers. `is_best`: the best match stands first. `notes`: what the search says of its words."""

    page: Page[Speaker]
    is_best: bool
    notes: list[str]


def speakers(forum: Forum, *, query: str, order: str, page: str) -> SpeakersFound:
    """A page of the speakers of public sessions: of those that a query finds, who fits best first, else by protocol, or (`order`
    "name") by name. A page number that does not exist gives the nearest."""
    rows = _public_speakers(forum).order_by(*(["name", "pk"] if order == "name" else ["protocol_order", "name", "pk"]))
    found = search.speakers(forum, query=query)
    is_best = bool(found and found.ranks) and order != "name"
    shown: Sequence[Speaker] | QuerySet[Speaker] = rows
    if found:
        ranks = found.ranks
        shown = rows.filter(pk__in=ranks)
        shown = sorted(shown, key=lambda one: -int(ranks[one.pk]).bit_length()) if is_best else shown
    notes = found.notes() if found else []
    return SpeakersFound(Paginator(shown, SPEAKERS_A_PAGE).get_page(page[:6]), is_best, notes)


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
