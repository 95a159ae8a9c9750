"""Sessions and speakers as tables, cell by cell. The way through the pages is tested in tests/admin/test_transfer.py."""

import pytest
from tablib import Dataset

from events.models import Appearance, Session, Speaker
from events.schedule.resources import SessionResource, SpeakerResource
from tests.factories import (
    ActionLineFactory,
    AppearanceFactory,
    CountryFactory,
    ForumFactory,
    OrganisationFactory,
    SDGFactory,
    SessionFactory,
    SessionTypeFactory,
    SpeakerFactory,
)

pytestmark = pytest.mark.django_db
SESSION = {"code": "WF0001", "forum": "2020", "title": "One", "type": "thematic_workshop"}
SPEAKER = {"forum": "2020", "name": "Ada Lovelace"}


def bring_in(resource, *rows):
    """Import rows with the same columns; return what happened to each: new, update, skip."""
    table = Dataset(*[list(row.values()) for row in rows], headers=list(rows[0]))
    result = resource.import_data(table, dry_run=False, use_transactions=True)
    return [row.import_type for row in result.rows], [row.error_dict for row in result.invalid_rows]


@pytest.fixture(autouse=True)
def forum():
    SessionTypeFactory()
    return ForumFactory()


# --- sessions -------------------------------------------------------------------------------------
def test_session_has_what_its_cells_say():
    organisation, line, goal = OrganisationFactory(name="ITU"), ActionLineFactory(), SDGFactory()
    row = SESSION | {
        "number": "7",
        "description": "Text",
        "organisers": "itu",
        "action_lines": "C2",
        "sdgs": "9",
        "languages": "en; fr",
        "captioning": "en",
        "capacity": "50",
        "meeting_url": "https://meet.example.org/1",
        "broadcast_url": "https://video.example.org/live",
        "recording_url": "https://video.example.org/1",
    }

    happened = [bring_in(SessionResource(), row), bring_in(SessionResource(), row)]

    session = Session.objects.get()
    assert happened == [(["new"], []), (["skip"], [])]
    assert {name: getattr(session, name) for name in ("number", "capacity", "languages", "captioning")} == {
        "number": 7,
        "capacity": 50,
        "languages": ["en", "fr"],
        "captioning": ["en"],
    }
    assert [session.description, session.meeting_url, session.broadcast_url, session.recording_url] == [
        "Text",
        "https://meet.example.org/1",
        "https://video.example.org/live",
        "https://video.example.org/1",
    ]
    assert [list(session.organisers.all()), list(session.action_lines.all()), list(session.sdgs.all())] == [
        [organisation],
        [line],
        [goal],
    ]


def test_speakers_stay_change_their_role_come_and_go():
    session = SessionFactory(code="WF0001", title="One")
    stays, changes, goes = [AppearanceFactory(session=session, speaker=SpeakerFactory(name=name)) for name in "ABC"]
    SpeakerFactory(name="D")

    happened = bring_in(SessionResource(), SESSION | {"speakers": "A; B (moderator); D"})

    assert happened == (["update"], [])
    assert list(session.appearances.order_by("speaker__name").values_list("speaker__name", "role")) == [
        ("A", "panellist"),
        ("B", "moderator"),
        ("D", "panellist"),
    ]
    assert set(Appearance.objects.values_list("pk", flat=True)) > {stays.pk, changes.pk}
    assert not Appearance.objects.filter(pk=goes.pk).exists()


def test_session_of_another_forum_stays_there():
    SessionFactory(code="WF0001", forum=ForumFactory(slug="2021"))

    _happened, errors = bring_in(SessionResource(), SESSION)

    assert errors == [{"forum": ["This row belongs to another forum"]}]


def test_cancelled_session_clashes_with_nothing():
    SessionFactory(title="Two").speakers.add(speaker := SpeakerFactory())
    AppearanceFactory(session=SessionFactory(code="WF0001", state="cancelled"), speaker=speaker)

    assert bring_in(SessionResource(), SESSION) == (["update"], [])


@pytest.mark.parametrize(
    ("cells", "error"),
    [
        ({"capacity": "many"}, {"capacity": ["“many” is not a whole number"]}),
        ({"languages": "en; klingon"}, {"languages": ["“klingon” is not one of: en, fr, es, ar, zh, ru, pt, ils"]}),
        ({"title": "a\0b"}, {"title": ["The cell holds a character that cannot be kept"]}),
        ({"starts": "1870-01-01 10:00"}, {"starts": ["“1870-01-01 10:00” is no date and time. Write it as 2020-07-22 14:00"]}),
        ({"speakers": "Twin"}, {"speakers": ["“Twin” is the name of several rows"]}),
    ],
)  # fmt: skip
def test_cell_that_cannot_be_read_is_named(cells, error):
    SpeakerFactory.create_batch(2, name="Twin")

    _happened, errors = bring_in(SessionResource(), SESSION | cells)

    assert (errors, Session.objects.count()) == ([error], 0)


# --- speakers -------------------------------------------------------------------------------------
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

    happened = [bring_in(SpeakerResource(), row), bring_in(SpeakerResource(), row)]

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

    happened = bring_in(SpeakerResource(), SPEAKER | empty)

    speaker = Speaker.objects.get()
    assert happened == (["update"], [])
    assert (speaker.organisation, speaker.country, speaker.gender, speaker.protocol_order) == (None, None, "", 1000)


def test_speaker_of_an_unknown_forum_is_refused():
    _happened, errors = bring_in(SpeakerResource(), SPEAKER | {"forum": "1999"})

    assert errors == [{"forum": ["“1999” is not known here"]}]


def test_namesakes_need_an_id():
    SpeakerFactory.create_batch(2, name="Ada Lovelace")

    _happened, errors = bring_in(SpeakerResource(), SPEAKER)

    assert errors == [{"name": ["Several speakers have this name. Enter the id"]}]


def test_export_of_speakers_changes_nothing():
    SpeakerFactory(name="=1+1", organisation=OrganisationFactory(), country=CountryFactory())
    SpeakerFactory()
    table = SpeakerResource().export()

    assert bring_in(SpeakerResource(), *table.dict) == (["skip", "skip"], [])
