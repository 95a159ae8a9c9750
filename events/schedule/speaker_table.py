"""Speakers as a table. Ids, else names, find speakers."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import Country, Speaker
from events.tables.columns import ProgrammeResource, Row, columns
from events.tables.reading import choice, whole_number

SPEAKER_COLUMNS = (
    "id", "forum", "form_of_address", "name", "position", "organisation", "country", "gender", "biography",
    "protocol_order",
)  # fmt: skip


class SpeakerResource(ProgrammeResource):
    """One row per speaker. `id` finds a speaker that exists; without it the name does, within the forum."""

    required_columns = ("forum", "name")
    locals().update(columns(*SPEAKER_COLUMNS))

    class Meta:
        model = Speaker
        fields = SPEAKER_COLUMNS
        import_id_fields = ("id",)
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        store_instance = True
        use_transactions = True
        name = "speakers"

    def get_queryset(self) -> Any:
        return Speaker.objects.select_related("forum", "organisation", "country")

    def get_or_init_instance(self, instance_loader: Any, row: Row) -> tuple[Speaker, bool]:
        try:
            forum = self.forum_of(row)
        except ValidationError as refusal:
            raise ValidationError({"forum": refusal.messages}) from None
        speakers = self.get_queryset().filter(forum=forum)
        if row.get("id"):
            try:
                known = speakers.filter(pk=whole_number(row["id"])).first()
            except ValidationError as refusal:
                raise ValidationError({"id": refusal.messages}) from None
            if known is None:
                raise ValidationError({"id": _("No speaker of this forum has this id. Leave it empty for a new one")})
            return known, False
        namesakes = list(speakers.filter(name=row["name"])[:2])
        if len(namesakes) > 1:
            raise ValidationError({"name": _("Several speakers have this name. Enter the id")})
        return (namesakes[0], False) if namesakes else (Speaker(forum=forum), True)

    def read_form_of_address(self, speaker: Speaker, text: str, row: Row) -> None:
        speaker.form_of_address = text

    def read_name(self, speaker: Speaker, text: str, row: Row) -> None:
        speaker.name = text

    def read_position(self, speaker: Speaker, text: str, row: Row) -> None:
        speaker.position = text

    def read_organisation(self, speaker: Speaker, text: str, row: Row) -> None:
        speaker.organisation = self.organisation(text) if text else None

    def read_country(self, speaker: Speaker, text: str, row: Row) -> None:
        speaker.country = (
            self.find.one(text, rows=Country.objects.all(), names=("code", "name"), key=(Country,)) if text else None
        )

    def read_gender(self, speaker: Speaker, text: str, row: Row) -> None:
        choices = Speaker._meta.get_field("gender").choices or []
        speaker.gender = choice(text, choices=choices) if text else ""

    def read_biography(self, speaker: Speaker, text: str, row: Row) -> None:
        speaker.biography = text

    def read_protocol_order(self, speaker: Speaker, text: str, row: Row) -> None:
        number = whole_number(text)
        speaker.protocol_order = 1000 if number is None else number

    def dehydrate_organisation(self, speaker: Speaker) -> str:
        return speaker.organisation.name if speaker.organisation else ""

    def dehydrate_country(self, speaker: Speaker) -> str:
        return speaker.country_id or ""
