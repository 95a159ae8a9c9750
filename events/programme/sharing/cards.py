"""The pictures that stand beside a link where somebody shares it: the weave of the edition, a title, day and place, 1200 × 630."""

import hashlib
import json
import logging
from base64 import b64decode
from functools import cache as kept
from pathlib import Path
from threading import Lock

from django.core.cache import cache
from django.utils.translation import get_language, get_language_bidi, gettext

from events.models import Forum, Session, Speaker
from events.programme.sharing import edition_weave
from events.shared.drawings import weave
from events.shared.formatting import times
from events.shared.formatting.names import forum_name, listed, local_text, session_text
from events.shared.pdf import pdf_files
from events.shared.pdf.text import written

logger = logging.getLogger(__name__)
KEPT = 24 * 60 * 60  # seconds since one was drawn
LONGEST = 10.0  # seconds that drawing may take
_one_at_a_time = Lock()  # who draws waits for a program of its own; nobody waits for that


def of_forum(row: Forum) -> bytes | None:
    """The card of an edition; None while another one is drawn, or where it cannot be."""
    place = gettext("Online") if row.is_virtual else local_text(row, "place")
    return _card(row, above=f"{times.date_range(row.starts, row.ends)} · {place}", below=local_text(row, "theme"))


def of_session(row: Session) -> bytes | None:
    """The card of a public session, its organisers at hand."""
    assert row.starts is not None  # noqa: S101  a public session has a start
    day = times.long_date(row.forum.local(row.starts).date())
    return _card(
        row.forum, above=f"{forum_name(row.forum)} · {day}", title=session_text(row), below=listed(row.organisers.all())
    )


def of_speaker(row: Speaker, *, forum: Forum) -> bytes | None:
    """The card of somebody who speaks in a public session."""
    below = " · ".join(filter(None, (row.position, row.organisation.name if row.organisation else "")))
    return _card(forum, above=forum_name(forum), title=row.full_name, below=below)


def _card(forum: Forum, *, above: str, below: str, title: str = "") -> bytes | None:
    palette = weave.PALETTES[weave.palette_number(forum.starts.year)]
    content = json.dumps(
        {
            "language": get_language() or "en",
            "direction": "rtl" if get_language_bidi() else "ltr",
            "ground": palette.ground,
            "light": palette.light,
            "weave": weave.svg(edition_weave.paths(forum), columns=14, rows=17),
            "above": written(above),
            "title": written(title or forum_name(forum)),
            "below": written(below),
        }
    )
    key = f"card:{hashlib.sha256((_template() + content).encode()).hexdigest()}"
    found: bytes | None = cache.get(key)
    if found is None and _one_at_a_time.acquire(blocking=False):
        try:
            found = b64decode(json.loads(pdf_files.pictures(_template(), content, longest=LONGEST))[0])
            cache.set(key, found, KEPT)
        except pdf_files.Undrawable:
            logger.exception("a card cannot be drawn")
        finally:
            _one_at_a_time.release()
    return found


@kept
def _template() -> str:
    return Path(__file__).with_name("card.typ").read_text()
