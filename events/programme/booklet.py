"""The programme as a PDF to print: one day with descriptions, or all days, as a list or with them.

What is drawn does not depend on the moment: pages turn many times a day, the booklet only when the programme changes.
"""

import html
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

from events.models import Forum, Session
from events.schedule.releases import released_timetable, releases
from events.schedule.releases.released_timetable import Event
from events.shared.formatting import markdown, times
from events.shared.formatting.names import access_words, forum_name, local_text, term
from events.shared.pages import absolute_urls
from events.shared.pdf.pdf_files import PdfSource
from events.shared.pdf.text import written

TEMPLATE = Path(__file__).with_name("booklet.typ")
LONGEST_TEXT = 1_500  # characters of a description


def source(
    forum: Forum, *, now: datetime, day: date | None = None, with_descriptions: bool = False
) -> PdfSource | None:
    """What the booklet of a forum's programme, or of one of its days, is drawn from, in the active language; None for a day
    without sessions. Six queries, one more for a day."""
    found = content(forum, now=now, day=day, with_descriptions=with_descriptions)
    return PdfSource(TEMPLATE.read_text(), content=found) if found else None


def content(
    forum: Forum, *, now: datetime, day: date | None = None, with_descriptions: bool = False
) -> dict[str, object] | None:
    """What stands in the booklet, in the active language; None for a day without sessions. A day has the descriptions of its
    sessions, all days have them where they are asked for."""
    if day is not None and not _has_sessions(forum, day=day, now=now):
        return None
    language = translation.get_language() or "en"
    table = released_timetable.gather(forum, language=language, parts=released_timetable.TABLE, now=now)
    days = [(key, list(group)) for key, group in groupby(table.events, key=lambda event: event.starts.date())]
    days = [pair for pair in days if day in {None, pair[0]}]
    name, with_text = forum_name(forum), with_descriptions or day is not None
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
                "sessions": [_row(event, zone=forum.zone, with_text=with_text) for event in events],
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
    parts = [forum_name(forum)]
    if release:
        parts.append(
            _("Version %(number)s, released %(day)s")
            % {"number": release.number, "day": times.long_date(forum.today(release.released))}
        )
    offsets = dict.fromkeys(times.offset_text(moment) for moment in moments)
    zone = f"{local_text(forum, 'place')} ({', '.join(offsets) or forum.time_zone})"
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
        "marks": " · ".join(part for part in (_(", ").join(event.line_labels), goals, *access_words(event)) if part),
        "text": written(_plain(event.description) if with_text else ""),
    }


def _plain(text: str) -> str:
    """A description without its Markdown, cut at 1,500 characters."""
    plain = " ".join(html.unescape(strip_tags(markdown.render(text))).split())
    return plain if len(plain) <= LONGEST_TEXT else plain[:LONGEST_TEXT].rstrip() + "…"
