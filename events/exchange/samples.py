"""Sample files: for each kind of table a header in the reader's language and two rows that come in as they are."""

from datetime import timedelta

from django.utils.text import capfirst

from events.exchange.readers.tables import LABELS
from events.models import Forum, Session
from events.tables.resources import TableResource

type Sample = tuple[list[str], list[list[str]]]
SESSION_COLUMNS = ("title", "type", "track", "date", "starts", "ends", "room", "organisers", "speakers", "languages")
SESSION_ROWS = (
    ("Opening", "High-level session", "Main", "09:30", "11:00", "Popov Room", "ITU", "Awa Diallo (moderator); Jon Lind", "en; fr"),
    ("Schools on the air", "Workshop", "Learning", "11:30", "12:30", "Room A", "Radio Bamako", "Awa Diallo", "fr"),
)  # fmt: skip


def of(resource: type[TableResource], *, forum: Forum | None) -> Sample:
    """The header and the rows of a sample for a kind of rows; sessions are on the first days of the forum."""
    if resource._meta.model is Session:
        return _sessions(forum)
    made = resource(forum=forum)
    labels, (names, rows) = made.labels(), made.sample()
    return [capfirst(str(labels[name][0])) for name in names], rows


def _sessions(forum: Forum | None) -> Sample:
    header = [capfirst(str(LABELS[name])) for name in SESSION_COLUMNS]
    rows = []
    for number, (*before, starts, ends, room, organisers, speakers, languages) in enumerate(SESSION_ROWS):
        day = min(forum.starts + timedelta(days=number), forum.ends).isoformat() if forum else ""
        rows.append([*before, day, starts, ends, room, organisers, speakers, languages])
    return header, rows
