"""Sessions as a table. Codes find sessions. Times and room are those of the draft (events.schedule.moves)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from import_export.fields import Field

from events.models import SDG, ActionLine, Appearance, Forum, Room, Session, SessionType, Speaker, Track
from events.models.programme import Language
from events.models.time_zones import to_moment
from events.schedule import moves
from events.tables import identity
from events.tables.columns import ProgrammeResource, Row, columns
from events.tables.reading import choice, joined, local_time, parts, text_of, whole_number

SESSION_COLUMNS = (
    "code", "forum", "number", "title", "description", "type", "track", "organisers", "action_lines", "sdgs",
    "speakers", "starts", "ends", "room", "languages", "captioning", "capacity", "meeting_url",
    "broadcast_url", "recording_url",
)  # fmt: skip
# Written and not read: what the public sees, and what another forum needs to bring the table in as a programme.
TOLD_COLUMNS = ("state", "guid", "time_zone")


def place_of(session: Session) -> dict[str, Any]:
    """The times and the room of a session: those just read from the table, else the draft's, else the released ones."""
    if hasattr(session, "place"):
        return session.place
    row = getattr(session, "placement", None) or session
    return {"starts": row.starts, "ends": row.ends, "room": row.room}


class SessionResource(ProgrammeResource):
    """One row per session. Times and room go into the draft; the public sees them with the next release.

    The meeting address can be brought in and never comes out.
    """

    required_columns = ("code", "forum", "title", "type")
    ignored_columns = TOLD_COLUMNS
    locals().update(columns(*SESSION_COLUMNS))
    locals().update({name: Field(attribute=name, column_name=name, readonly=True) for name in TOLD_COLUMNS})

    class Meta:
        model = Session
        fields = (*SESSION_COLUMNS, *TOLD_COLUMNS)
        import_id_fields = ("code",)
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        store_instance = True
        use_transactions = True
        name = "sessions"

    def get_queryset(self) -> Any:
        return Session.objects.select_related("forum", "type", "track", "room", "placement__room")

    def get_export_fields(self, selected_fields: Any = None) -> list[Field]:
        return [f for f in super().get_export_fields(selected_fields) if f.column_name != "meeting_url"]

    def get_or_init_instance(self, instance_loader: Any, row: Row) -> tuple[Session, bool]:
        code = row["code"].upper()
        known = self.get_queryset().filter(code=code).first()
        session: Any = known or Session(code=code)
        session.place = place_of(session)
        return session, known is None

    def import_instance(self, instance: Session, row: Row, **kwargs: Any) -> None:
        self.forum_of_row(row)
        super().import_instance(instance, row, **kwargs)

    def forum_of_row(self, row: Row) -> Forum:
        """The forum comes first: without it no name, no zone and no day can be read."""
        try:
            return self.forum_of(row)
        except ValidationError as refusal:
            raise ValidationError({"forum": refusal.messages}) from None

    # --- reading ---------------------------------------------------------------------------------
    def read_number(self, session: Session, text: str, row: Row) -> None:
        session.number = whole_number(text)

    def read_title(self, session: Session, text: str, row: Row) -> None:
        session.title = text

    def read_description(self, session: Session, text: str, row: Row) -> None:
        session.description = text

    def read_type(self, session: Session, text: str, row: Row) -> None:
        session.type = self.find.one(text, rows=SessionType.objects.all(), names=("code", "name"), key=(SessionType,))

    def read_track(self, session: Session, text: str, row: Row) -> None:
        session.track = self._of_forum(Track, text, row)

    def read_room(self, session: Session, text: str, row: Row) -> None:
        session.place["room"] = self._of_forum(Room, text, row)  # type: ignore[attr-defined]

    def _of_forum(self, model: Any, text: str, row: Row) -> Any:
        if not text:
            return None
        forum = self.forum_of(row)
        return self.find.one(text, rows=model.objects.filter(forum=forum), names=("name",), key=(model, forum.pk))

    def read_organisers(self, session: Session, text: str, row: Row) -> None:
        session.pending["organisers"] = [self.organisation(part) for part in parts(text)]  # type: ignore[attr-defined]

    def read_action_lines(self, session: Session, text: str, row: Row) -> None:
        lines = ActionLine.objects.all()
        session.pending["action_lines"] = [  # type: ignore[attr-defined]
            self.find.one(part, rows=lines, names=("code", "label"), key=(ActionLine,)) for part in parts(text)
        ]

    def read_sdgs(self, session: Session, text: str, row: Row) -> None:
        session.pending["sdgs"] = [  # type: ignore[attr-defined]
            self.find.one(part, rows=SDG.objects.all(), names=("number",), key=(SDG,)) for part in parts(text)
        ]

    def read_speakers(self, session: Session, text: str, row: Row) -> None:
        """“Ada Lovelace (moderator); Grace Hopper”: names of the forum's speakers, the role in brackets."""
        forum = self.forum_of(row)
        found: dict[Speaker, str] = {}
        for part in parts(text):
            name, bracket, role = part.rpartition(" (") if part.endswith(")") else (part, "", "")
            chosen = choice(role[:-1], choices=Appearance.Role.choices) if bracket else Appearance.Role.PANELLIST.value
            speaker = self.find.one(
                name,
                rows=Speaker.objects.filter(forum=forum),
                names=("name", "full_name"),
                key=(Speaker, forum.pk),
            )
            found[speaker] = chosen
        session.pending["speakers"] = list(found.items())  # type: ignore[attr-defined]

    def read_starts(self, session: Session, text: str, row: Row) -> None:
        session.place["starts"] = self._moment(text, row)  # type: ignore[attr-defined]

    def read_ends(self, session: Session, text: str, row: Row) -> None:
        session.place["ends"] = self._moment(text, row)  # type: ignore[attr-defined]

    def _moment(self, text: str, row: Row) -> Any:
        local = local_time(text)
        return to_moment(local, zone=self.forum_of(row).zone) if local else None

    def read_languages(self, session: Session, text: str, row: Row) -> None:
        session.languages = [choice(part, choices=Language.choices) for part in parts(text)]

    def read_captioning(self, session: Session, text: str, row: Row) -> None:
        session.captioning = [choice(part, choices=Language.choices) for part in parts(text)]

    def read_capacity(self, session: Session, text: str, row: Row) -> None:
        session.capacity = whole_number(text)

    def read_meeting_url(self, session: Session, text: str, row: Row) -> None:
        session.meeting_url = text

    def read_broadcast_url(self, session: Session, text: str, row: Row) -> None:
        session.broadcast_url = text

    def read_recording_url(self, session: Session, text: str, row: Row) -> None:
        session.recording_url = text

    # --- writing ---------------------------------------------------------------------------------
    def dehydrate_type(self, session: Session) -> str:
        return session.type.code if session.type_id else ""

    def dehydrate_track(self, session: Session) -> str:
        return session.track.name if session.track else ""

    def dehydrate_room(self, session: Session) -> str:
        room = place_of(session)["room"]
        return room.name if room else ""

    def dehydrate_organisers(self, session: Session) -> str:
        return joined(sorted(organisation.name for organisation in self.linked(session, "organisers")))

    def dehydrate_action_lines(self, session: Session) -> str:
        return joined(sorted(line.code for line in self.linked(session, "action_lines")))

    def dehydrate_sdgs(self, session: Session) -> str:
        return joined(sorted(sdg.number for sdg in self.linked(session, "sdgs")))

    def dehydrate_speakers(self, session: Session) -> str:
        pending = getattr(session, "pending", {})
        if "speakers" in pending:
            pairs = pending["speakers"]
        else:
            rows = session.appearances.all() if session.pk else []
            pairs = [(row.speaker, row.role) for row in rows]
        return joined(sorted(f"{speaker.name} ({role})" for speaker, role in pairs))

    def dehydrate_starts(self, session: Session) -> str:
        return self._local(session, "starts")

    def dehydrate_ends(self, session: Session) -> str:
        return self._local(session, "ends")

    def _local(self, session: Session, name: str) -> str:
        moment = place_of(session)[name]
        return text_of(session.forum.local(moment)) if moment and session.forum_id else ""

    def dehydrate_languages(self, session: Session) -> str:
        return joined(session.languages)

    def dehydrate_captioning(self, session: Session) -> str:
        return joined(session.captioning)

    def dehydrate_meeting_url(self, session: Session) -> str:
        """In the preview of an import only; the column is not exported."""
        return session.meeting_url

    def dehydrate_guid(self, session: Session) -> str:
        """As in the files that go out (exchange.timetable)."""
        return str(identity.of_session(session.origin_id) if session.origin_id else session.guid)

    def dehydrate_time_zone(self, session: Session) -> str:
        return session.forum.time_zone if session.forum_id else ""

    # --- saving ----------------------------------------------------------------------------------
    def validate_instance(
        self, instance: Session, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        errors = dict(import_validation_errors or {})
        try:
            super().validate_instance(instance, errors, validate_unique)
        except ValidationError as refusal:
            errors = refusal.update_error_dict({})
        try:
            place = place_of(instance)
            moves.check_span(place["starts"], ends=place["ends"])
        except ValidationError as refusal:
            errors.setdefault("ends", refusal)
        if errors:
            raise ValidationError(errors)

    def save_instance(self, instance: Session, is_create: bool, row: Row, **kwargs: Any) -> None:
        super().save_instance(instance, is_create, row, **kwargs)
        moves.put(instance, **place_of(instance), version=None, by=kwargs.get("user"), now=timezone.now())

    def save_m2m(self, instance: Session, row: Row, **kwargs: Any) -> None:
        speakers = instance.pending.pop("speakers", None)  # type: ignore[attr-defined]
        super().save_m2m(instance, row, **kwargs)
        if speakers is None:
            return
        roles = dict(speakers)
        for appearance in instance.appearances.all():
            if appearance.speaker in roles:
                role = roles.pop(appearance.speaker)
                if role != appearance.role:
                    appearance.role = role
                    appearance.save(update_fields=["role"])
            else:
                appearance.delete()
        Appearance.objects.bulk_create(
            Appearance(session=instance, speaker=speaker, role=role) for speaker, role in roles.items()
        )
