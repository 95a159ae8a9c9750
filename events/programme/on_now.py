"""What is on now and what comes next: on the first page, above the programme, and in the fragment of pages that stay open."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext

from events.models import Forum, Session, SessionText
from events.programme.session_page import rows

NEXT_ROWS = 3
MOST_NOW = 30  # sessions that run


def now_and_next(forum: Forum, *, now: datetime, language: str) -> tuple[list[Session], list[Session]]:
    """The sessions that run at a moment (30 at the most), and the next three."""
    shown = rows(forum, language=language)
    held = shown.filter(state=Session.State.SCHEDULED, ends__gt=now)
    live, coming = held.filter(starts__lte=now)[:MOST_NOW], held.filter(starts__gt=now)[:NEXT_ROWS]
    found = list(shown.filter(Q(pk__in=live.values("pk")) | Q(pk__in=coming.values("pk"))))
    return [one for one in found if one.is_live(now)], [one for one in found if not one.is_live(now)]


@dataclass(frozen=True)
class Running:
    """A session that runs, as the programme page names it above its list."""

    code: str
    title: str
    ends: datetime


def running(forum: Forum, *, now: datetime, language: str) -> list[Running]:
    """The sessions that run at a moment, the first to end first, titles in a language where they have one. Two queries."""
    live = Session.objects.public(now).live(now).filter(forum=forum)
    texts = dict(SessionText.objects.filter(session__in=live, language=language).values_list("session", "title"))
    found = live.order_by("ends", "pk").values_list("pk", "code", "title", "ends")[:MOST_NOW]
    return [Running(code, texts.get(pk, title), ends) for pk, code, title, ends in found if ends]


def said(titles: list[str]) -> str:
    """What a screen reader says when other sessions are on than before."""
    if not titles:
        return gettext("No session is on now")
    return gettext("On now: %(titles)s") % {"titles": gettext(", ").join(titles)}
