"""Speakers as a table. Ids, else names, find speakers."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import Country, Organisation, Speaker
from events.shared.tables.cells import choice, whole_number
from events.shared.tables.resources import Row, TableResource, with_columns

SPEAKER_COLUMNS = (
    "id", "forum", "form_of_address", "name", "position", "organisation", "country", "gender", "biography",
    "protocol_order",
)  # fmt: skip


@with_columns(*SPEAKER_COLUMNS)
class SpeakerResource(TableResource):
    """One row per speaker. `id` finds a speaker that exists; without it the name does, within the forum."""

    related = ("forum", "organisation", "country")
    required_columns = ("name",)
    sample_columns = ("form_of_address", "name", "position", "organisation", "country")
    sample_rows = (
        ("H.E. Ms", "Awa Diallo", "Minister of Digital Economy", "Government of Mali", "ML"),
        ("Dr", "Jon Lind", "Professor", "University of Bergen", "NO"),
    )

    class Meta:
        model = Speaker
        fields = SPEAKER_COLUMNS
        import_id_fields = ("id", "forum")
        name = "speakers"

    def get_or_init_instance(self, instance_loader: Any, row: Row) -> tuple[Speaker, bool]:
        forum = self.forum_of(row)
        speakers = self.get_queryset().filter(forum=forum)
        if row.get("id"):
            known = speakers.filter(pk=self.at("id", lambda: whole_number(row["id"]))).first()
            if known is None:
                raise ValidationError({"id": _("No speaker of this forum has this id. Leave it empty for a new one")})
            return known, False
        namesakes = list(speakers.filter(name=row["name"])[:2])
        if len(namesakes) > 1:
            raise ValidationError({"name": _("Several speakers have this name. Enter the id")})
        return (namesakes[0], False) if namesakes else (Speaker(forum=forum), True)

    def read_organisation(self, speaker: Speaker, text: str) -> None:
        speaker.organisation = self.find.one(text, Organisation) if text else None

    def read_country(self, speaker: Speaker, text: str) -> None:
        speaker.country = self.find.one(text, Country) if text else None

    def read_gender(self, speaker: Speaker, text: str) -> None:
        choices = Speaker._meta.get_field("gender").choices or []
        speaker.gender = choice(text, choices=choices) if text else ""

    def read_protocol_order(self, speaker: Speaker, text: str) -> None:
        number = whole_number(text)
        speaker.protocol_order = 1000 if number is None else number

    def dehydrate_organisation(self, speaker: Speaker) -> str:
        return speaker.organisation.name if speaker.organisation else ""
