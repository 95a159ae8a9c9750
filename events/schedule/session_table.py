"""Sessions as the organisers' table: times and room are those of the draft. It comes back as a programme (events.exchange)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy

from events.models import Session
from events.shared.tables import stable_identities
from events.shared.tables.cells import joined, text_of
from events.shared.tables.resources import TableResource, with_columns

SESSION_COLUMNS = (
    "code", "forum", "number", "title", "description", "type", "track", "organisers", "action_lines", "sdgs",
    "speakers", "starts", "ends", "room", "languages", "captioning", "capacity", "broadcast_url", "recording_url",
    "state", "guid", "time_zone", "interpretation",
)  # fmt: skip


def _local(session: Session, name: str) -> str:
    moment: datetime | None = getattr(session.placement, name)
    return text_of(session.forum.local(moment)) if moment else ""


SAMPLE_COLUMNS = ("title", "type", "track", "date", "starts", "ends", "room", "organisers", "speakers", "languages")
SAMPLE_ROWS = (
    ("Opening", "High-level session", "Main", "09:30", "11:00", "Popov Room", "ITU", "Awa Diallo (moderator); Jon Lind", "en; fr"),
    ("Schools on the air", "Workshop", "Learning", "11:30", "12:30", "Room A", "Radio Bamako", "Awa Diallo", "fr"),
)  # fmt: skip


# The cells of columns that are no text of the row itself.
CELLS: dict[str, Callable[[Session], str]] = {
    "type": lambda session: session.type.code,
    "track": lambda session: session.track.name if session.track else "",
    "organisers": lambda session: joined(sorted(organisation.name for organisation in session.organisers.all())),
    "action_lines": lambda session: joined(sorted(line.code for line in session.action_lines.all())),
    "sdgs": lambda session: joined(sorted(sdg.number for sdg in session.sdgs.all())),
    "speakers": lambda session: joined(sorted(f"{row.speaker.name} ({row.role})" for row in session.appearances.all())),
    "starts": lambda session: _local(session, "starts"),
    "ends": lambda session: _local(session, "ends"),
    "room": lambda session: str(session.placement.room or ""),
    "languages": lambda session: joined(session.languages),
    "captioning": lambda session: joined(session.captioning),
    "interpretation": lambda session: joined(session.interpretation),
    # As in the files that go out (events.exchange.writers).
    "guid": lambda session: str(stable_identities.of_session(session.origin_id) if session.origin_id else session.guid),
    "time_zone": lambda session: session.forum.time_zone,
}


@with_columns(*SESSION_COLUMNS)
class SessionResource(TableResource):
    """One row per session. The meeting address never comes out; the state is what the public sees."""

    related = ("forum", "type", "track", "room", "placement__room")
    prefetched = ("organisers", "action_lines", "sdgs", "appearances__speaker")
    ignored_columns = ("date",)
    more_labels = {"date": (gettext_lazy("date"),), "speakers": (gettext_lazy("speakers"),)}

    class Meta:
        model = Session
        fields = SESSION_COLUMNS
        name = "sessions"

    def export_field(self, field: Any, instance: Session, **kwargs: Any) -> Any:
        cell = CELLS.get(field.column_name)
        return cell(instance) if cell else super().export_field(field, instance, **kwargs)

    def sample(self) -> tuple[list[str], list[list[str]]]:
        """On the first days of the forum."""
        forum, (names, rows) = self.forum, (list(SAMPLE_COLUMNS), [list(row) for row in SAMPLE_ROWS])
        for number, row in enumerate(rows):
            row.insert(3, str(min(forum.starts + timedelta(days=number), forum.ends)) if forum else "")
        return names, rows
