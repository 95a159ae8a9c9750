"""Sessions as the organisers' table: times and room are those of the draft. It comes back as a programme (events.exchange)."""

from datetime import datetime
from typing import Any

from events.models import Session
from events.tables import identity
from events.tables.cells import joined, text_of
from events.tables.resources import TableResource, columns

SESSION_COLUMNS = (
    "code", "forum", "number", "title", "description", "type", "track", "organisers", "action_lines", "sdgs",
    "speakers", "starts", "ends", "room", "languages", "captioning", "capacity", "broadcast_url", "recording_url",
    "state", "guid", "time_zone",
)  # fmt: skip


class SessionResource(TableResource):
    """One row per session. The meeting address never comes out; the state is what the public sees."""

    locals().update(columns(*SESSION_COLUMNS))

    class Meta:
        model = Session
        fields = SESSION_COLUMNS
        name = "sessions"

    def get_queryset(self) -> Any:
        return Session.objects.select_related("forum", "type", "track", "room", "placement__room")

    def dehydrate_type(self, session: Session) -> str:
        return session.type.code

    def dehydrate_track(self, session: Session) -> str:
        return session.track.name if session.track else ""

    def dehydrate_organisers(self, session: Session) -> str:
        return joined(sorted(organisation.name for organisation in session.organisers.all()))

    def dehydrate_action_lines(self, session: Session) -> str:
        return joined(sorted(line.code for line in session.action_lines.all()))

    def dehydrate_sdgs(self, session: Session) -> str:
        return joined(sorted(sdg.number for sdg in session.sdgs.all()))

    def dehydrate_speakers(self, session: Session) -> str:
        rows = session.appearances.select_related("speaker")
        return joined(sorted(f"{row.speaker.name} ({row.role})" for row in rows))

    def dehydrate_starts(self, session: Session) -> str:
        return self._local(session, self._place(session).starts)

    def dehydrate_ends(self, session: Session) -> str:
        return self._local(session, self._place(session).ends)

    def dehydrate_room(self, session: Session) -> str:
        room = self._place(session).room
        return room.name if room else ""

    @staticmethod
    def _place(session: Session) -> Any:
        """Where the draft has it; as it was released where it has no place yet."""
        return getattr(session, "placement", None) or session

    @staticmethod
    def _local(session: Session, moment: datetime | None) -> str:
        return text_of(session.forum.local(moment)) if moment else ""

    def dehydrate_languages(self, session: Session) -> str:
        return joined(session.languages)

    def dehydrate_captioning(self, session: Session) -> str:
        return joined(session.captioning)

    def dehydrate_guid(self, session: Session) -> str:
        """As in the files that go out (events.exchange.writers)."""
        return str(identity.of_session(session.origin_id) if session.origin_id else session.guid)

    def dehydrate_time_zone(self, session: Session) -> str:
        return session.forum.time_zone
