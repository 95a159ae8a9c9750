"""What is on now and what comes next: on the first page, above the programme, and in the fragment of pages that stay open."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.db.models.fields.json import KT
from django.utils.translation import gettext

from events.models import Forum, Session
from events.programme.session_page import rows
from events.shared.formatting.text_language import other_language

NEXT_ROWS = 3
MOST_NOW = 30  # sessions that run


def now_and_next(forum: Forum, *, now: datetime) -> tuple[list[Session], list[Session]]:
    """The sessions that run at a moment (30 at the most), and the next three."""
    shown = rows(forum)
    held = shown.filter(state=Session.State.SCHEDULED, ends__gt=now)
    live, coming = held.filter(starts__lte=now)[:MOST_NOW], held.filter(starts__gt=now)[:NEXT_ROWS]
    found = list(shown.filter(Q(pk__in=live.values("pk")) | Q(pk__in=coming.values("pk"))))
    return [one for one in found if one.is_live(now)], [one for one in found if not one.is_live(now)]


def running(forum: Forum, *, now: datetime, language: str) -> list[dict[str, Any]]:
    """Code, title and end of the sessions that run at a moment, as the programme page names them above its list: the first
    to end first, titles in a language where they have one, else with the `lang` that they are in. One query."""
    live = Session.objects.public(now).live(now).filter(forum=forum)
    found = live.order_by("ends", "pk").values("code", "title", "ends", local=KT(f"translations__{language}__title"))
    return [
        row | ({"title": row["local"]} if row["local"] else {"lang": other_language(row["title"])})
        for row in found[:MOST_NOW]
    ]


def said(titles: list[str]) -> str:
    """What a screen reader says when other sessions are on than before."""
    if not titles:
        return gettext("No session is on now")
    return gettext("On now: %(titles)s") % {"titles": gettext(", ").join(titles)}
