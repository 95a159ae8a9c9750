"""Speakers as a table, cell by cell. The way through the pages is tested in tests/admin/test_transfer.py."""

import pytest
from tablib import Dataset

from events.models import Forum, Speaker
from events.schedule.speaker_table import SpeakerResource
from tests.factories import CountryFactory, OrganisationFactory, SpeakerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("forum")]
SPEAKER = {"forum": "2020", "name": "Ada Lovelace"}


def bring_in(*rows):
    """Import rows with the same columns; return what happened to each: new, update, skip; and the errors."""
    table = Dataset(*[list(row.values()) for row in rows], headers=list(rows[0]))
    result = SpeakerResource(forum=Forum.objects.get(slug="2020")).import_data(
        table, dry_run=False, use_transactions=True, rows=rows
    )
    return [row.import_type for row in result.rows], [row.error_dict for row in result.invalid_rows]


def test_speaker_has_what_the_cells_say():
    organisation, country = OrganisationFactory(name="ITU"), CountryFactory(code="ML")
    row = SPEAKER | {
        "form_of_address": "H.E.",
        "organisation": "ITU",
        "country": "ml",
        "gender": "woman",
        "biography": "Text",
        "protocol_order": "3",
    }

    happened = [bring_in(row), bring_in(row)]

    speaker = Speaker.objects.get()
    assert happened == [(["new"], []), (["skip"], [])]
    assert (speaker.organisation, speaker.country) == (organisation, country)
    assert (speaker.form_of_address, speaker.gender, speaker.biography, speaker.protocol_order) == (
        "H.E.",
        "woman",
        "Text",
        3,
    )


def test_empty_cells_empty_a_speaker():
    SpeakerFactory(name="Ada Lovelace", organisation=OrganisationFactory(), country=CountryFactory(), gender="woman")
    empty = dict.fromkeys(("organisation", "country", "gender", "protocol_order"), "")

    happened = bring_in(SPEAKER | empty)

    speaker = Speaker.objects.get()
    assert happened == (["update"], [])
    assert (speaker.organisation, speaker.country, speaker.gender, speaker.protocol_order) == (None, None, "", 1000)


def test_namesakes_need_an_id():
    SpeakerFactory.create_batch(2, name="Ada Lovelace")

    _happened, errors = bring_in(SPEAKER)

    assert errors == [{"name": ["Several speakers have this name. Enter the id"]}]
