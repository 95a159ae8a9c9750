"""The programme as a PDF to print: one day with descriptions, or all days as a list. Drawn by Typst from data.

What is drawn does not depend on the moment, so a booklet is kept under a digest of its content: pages turn many times
a day, the booklet only when the programme changes. One is drawn at a time; who comes meanwhile waits a moment for it,
and is then told to come again.
"""

import hashlib
import html
import json
import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.html import strip_tags
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from events.formatting import markdown, times
from events.formatting.names import forum_name, term
from events.formatting.pdf import pdf, written
from events.models import Forum, Session
from events.pages import absolute_urls
from events.schedule.releases import released_timetable, releases
from events.schedule.releases.released_timetable import Event

TEMPLATE = Path(__file__).with_name("booklet.typ")
MOST_BYTES = 16 * 1024 * 1024  # of booklets that a process keeps; that of 1,000 sessions has about 1 MB
WAIT = 1.5  # seconds to wait for a booklet that another thread draws: a process has two threads for everybody
LONGEST_TEXT = 1_500  # characters of a description
_drawing = threading.Lock()
_kept: OrderedDict[str, bytes] = OrderedDict()


class Busy(Exception):
    """Another booklet is being drawn, and it takes long: come again in a moment."""


def file(forum: Forum, *, now: datetime, day: date | None = None) -> bytes | None:
    """The booklet of a forum's programme, or of one of its days, in the active language; None for a day without
    sessions. Raises `Busy`. Seven queries, one more for a day; the drawing of 1,000 sessions takes seconds, once per change and process."""
    found = content(forum, now=now, day=day)
    if found is None:
        return None
    digest = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
    drawn = _kept.get(digest)
    if drawn is not None:
        return drawn
    if not _drawing.acquire(timeout=WAIT):
        raise Busy
    try:
        drawn = _kept.get(digest)
        if drawn is None:
            drawn = pdf(TEMPLATE, content=found, made=0)
            _keep(digest, drawn)
    finally:
        _drawing.release()
    return drawn


def _keep(digest: str, drawn: bytes) -> None:
    """Keep a booklet; those that were drawn first go. Whoever calls it holds the lock."""
    _kept[digest] = drawn
    while sum(map(len, _kept.values())) > MOST_BYTES:
        _kept.popitem(last=False)


def content(forum: Forum, *, now: datetime, day: date | None = None) -> dict[str, object] | None:
    """What stands in the booklet, in the active language; None for a day without sessions."""
    if day is not None and not _has_sessions(forum, day=day, now=now):
        return None
    language = translation.get_language() or "en"
    table = released_timetable.gather(forum, language=language, parts=released_timetable.TABLE, now=now)
    days = [(key, list(group)) for key, group in groupby(table.events, key=lambda event: event.starts.date())]
    days = [pair for pair in days if day in {None, pair[0]}]
    name = forum_name(forum.name)
    heading = _("Programme") if day is None else date_format(day, "l j F Y")
    return {
        "language": language,
        "direction": "rtl" if translation.get_language_bidi() else "ltr",
        "forum": name,
        "heading": capfirst(heading),
        "title": f"{name} · {heading}",
        "dates": times.date_range(forum.starts, forum.ends),
        "foot": _foot(
            forum,
            moments=[moment for _key, events in days for event in events for moment in (event.starts, event.ends)],
        ),
        "note": _("Changes since this version: %(address)s") % {"address": _address("releases", forum)},
        "contents": pgettext("of a booklet", "Days"),
        "comma": _(", "),
        "empty": _("The programme is not published yet."),
        "days": [
            {
                "name": capfirst(date_format(key, "l j F Y")),
                "sessions": [_row(event, zone=forum.zone, with_text=day is not None) for event in events],
            }
            for key, events in days
        ],
    }


def _has_sessions(forum: Forum, *, day: date, now: datetime) -> bool:
    """One question: so the many days on which nothing is cost no programme each."""
    rows = Session.objects.public(now).filter(forum=forum).annotate(day=TruncDate("starts", tzinfo=forum.zone))
    return rows.filter(day=day).exists()


def _address(name: str, forum: Forum) -> str:
    return absolute_urls.absolute(reverse(f"events:{name}", args=[forum.slug])).partition("://")[2]


def _foot(forum: Forum, *, moments: Iterable[datetime]) -> str:
    """The version and the zone, with every offset that a time of the booklet needs, for the foot of every page."""
    release = releases.latest(forum)
    parts = [forum_name(forum.name)]
    if release:
        parts.append(
            _("Version %(number)s, released %(day)s")
            % {"number": release.number, "day": times.long_date(forum.today(release.released))}
        )
    offsets = dict.fromkeys(times.offset_text(moment) for moment in moments)
    zone = f"{term(forum.place)} ({', '.join(offsets) or forum.time_zone})"
    parts.append(_("Times in the zone of %(zone)s") % {"zone": zone})
    return " · ".join(parts)


def _row(event: Event, *, zone: ZoneInfo, with_text: bool) -> dict[str, object]:
    goals = pgettext("the goals", "SDG") + " " + _(", ").join(map(str, event.sdgs)) if event.sdgs else ""
    return {
        "time": times.span(event.starts, ends=event.ends, zone=zone),
        "title": written(event.title),
        "link": event.url,
        "cancelled": _("Cancelled") if event.is_cancelled else "",
        "about": [written(text) for text in (*event.organisers, term(event.type), term(event.room))],
        "people": [written(speaker.name) for speaker in event.speakers],
        "marks": " · ".join(part for part in (_(", ").join(event.line_labels), goals) if part),
        "text": written(_plain(event.description) if with_text else ""),
    }


def _plain(text: str) -> str:
    """A description without its Markdown, cut at 1,500 characters."""
    plain = " ".join(html.unescape(strip_tags(markdown.render(text))).split())
    return plain if len(plain) <= LONGEST_TEXT else plain[:LONGEST_TEXT].rstrip() + "…"
