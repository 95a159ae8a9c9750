"""What a file leaves open: columns and names that nobody knows are asked about, and the answers are what is done."""

import pytest

from events.models import Organisation, Room, Session, Speaker, Track
from events.shared.tables.answers import near_rows
from tests.events.exchange.imports import agree, errors, preview
from tests.factories import ForumFactory, OrganisationFactory, RoomFactory, SessionTypeFactory, SpeakerFactory

pytestmark = pytest.mark.django_db
ROW = "{title},2020-06-23 10:00,11:00,{room},{organisers}\n"
HEAD = "Kichwa,starts,ends,room,organisers\n"


@pytest.fixture
def forum():
    SessionTypeFactory(code="session", name="Session")
    return ForumFactory()


def named(page):
    return {question.text: question for question in page.context["look"].questions}


def test_near_name_has_to_be_answered_and_the_answer_is_what_is_done(organiser_site, forum):
    hall = RoomFactory(forum=forum, name="Savannah Hall")
    rows = [("A", "Savanah Hall"), ("B", "Room 2"), ("C", "Room 3"), ("D", "Savanah  hall")]
    lines = [f"{title},2020-06-{23 + n} 10:00,11:00,{room}" for n, (title, room) in enumerate(rows)]
    text = "\n".join(["title,starts,ends,room", *lines])
    page = preview(organiser_site, text)
    refused = agree(organiser_site, page)

    looked = agree(organiser_site, page, **{"name:room:savanah hall": str(hall.pk)})
    agree(organiser_site, looked)

    assert {name: (one.near, one.answer) for name, one in named(page).items() if one.model is Room} == {
        "Savanah Hall": ([hall], ""),
        "Room 2": ([], "make"),
        "Room 3": ([], "make"),
    }
    assert refused.context["refused"] == "Answer what the file leaves open first."
    assert looked.context["refused"] == "You changed an answer: look at what the file does now."
    assert set(Room.objects.values_list("name", flat=True)) == {"Savannah Hall", "Room 2", "Room 3"}
    placed = Session.objects.filter(placement__room=hall).order_by("title")
    assert list(placed.values_list("title", flat=True)) == ["A", "D"]


def test_two_spellings_in_one_file_are_asked_about(organiser_site, forum):
    text = "title,track,starts,ends\nA,Learning,2020-06-23 10:00,11:00\nB,Lerning,2020-06-23 12:00,13:00\n"
    page = preview(organiser_site, text)
    question = named(page)["Lerning"]

    agree(organiser_site, agree(organiser_site, page, **{f"name:{question.key}": "new:learning"}))

    assert (question.answer, question.choices[0]) == ("", ("new:learning", "Learning"))
    assert [track.sessions.count() for track in Track.objects.all()] == [2]


def test_organisers_of_sessions_are_made_or_left_out_and_never_dropped_in_silence(organiser_site, forum):
    itu = OrganisationFactory(name="International Telecommunication Union", acronym="ITU")
    page = preview(organiser_site, HEAD.replace("Kichwa", "title")
                   + ROW.format(title="A", room="Hall", organisers="ITU; Radio Nowhere; Nobody"))  # fmt: skip

    agree(organiser_site, agree(organiser_site, page, **{"name:organisation:nobody": "leave"}))

    assert {one.text for one in named(page).values() if one.model is Organisation} == {"Radio Nowhere", "Nobody"}
    made = Organisation.objects.get(name="Radio Nowhere")
    assert (set(Session.objects.get().organisers.all()), made.is_checked) == ({itu, made}, False)
    assert not Organisation.objects.filter(name="Nobody").exists()


def test_a_comma_parts_organisers_that_are_all_known_and_else_belongs_to_the_name(organiser_site, forum):
    here, there, posts = (
        OrganisationFactory(name=name) for name in ("Radio Here", "Radio There", "Posts, Ministry of")
    )
    cells = {"A": "Radio Here, Radio There", "B": "Posts, Ministry of", "C": "Radio Here, Nowhere"}
    rows = [ROW.format(title=title, room="Hall", organisers=f'"{cell}"') for title, cell in cells.items()]

    page = preview(organiser_site, HEAD.replace("Kichwa", "title") + "".join(rows))
    agree(organiser_site, page)

    made = Organisation.objects.get(name="Radio Here, Nowhere")
    found = {session.title: set(session.organisers.all()) for session in Session.objects.all()}
    assert found == {"A": {here, there}, "B": {posts}, "C": {made}}


def test_organisation_of_speakers_is_made_once(organiser_site, forum):
    page = preview(
        organiser_site, "name,organisation\nAda,Radio Nowhere\nBob,radio nowhere\nEve,Radio Nowher\n", "speaker"
    )
    near = named(page)["Radio Nowher"]

    looked = agree(organiser_site, page, **{f"name:{near.key}": "new:radio nowhere"})
    done = agree(organiser_site, looked)

    assert (near.answer, errors(page), Organisation.objects.count()) == ("", [], 1)
    assert "Brought in: 3 new" in done.content.decode()
    assert set(Speaker.objects.values_list("organisation__name", flat=True)) == {"Radio Nowhere"}


def test_forged_answers_mean_nothing(organiser_site, forum):
    other = RoomFactory(forum=ForumFactory(slug="other"), name="Hidden hall")
    page = preview(organiser_site, "title,starts,ends,room\nA,2020-06-23 10:00,11:00,Hall\n")

    looked = agree(
        organiser_site, page, **{"name:room:hall": str(other.pk), "column:room": "state", "column:title": "x"}
    )
    agree(organiser_site, looked)

    assert not Session.objects.filter(placement__room=other).exists()


def test_near_is_another_spelling_and_not_another_number():
    rows = [
        (name, Room(pk=n, name=name))
        for n, name in enumerate(("Meeting Room 1", "Popov Hall", "Room A", "Hall Savannah"), 1)
    ]

    near = {
        text: [str(row) for row in near_rows(text, rows)]
        for text in ("Meeting Room 2", "Popow Hall", "Room B", "Savanna Hall")
    }

    assert near == {"Meeting Room 2": [], "Popow Hall": ["Popov Hall"], "Room B": [], "Savanna Hall": ["Hall Savannah"]}


def test_who_speaks_is_asked_where_commas_may_mean_two_things(organiser_site, forum):
    row = ROW.format(title="A", room="Hall", organisers='"Smith, John, Doe, Jane"')
    page = preview(organiser_site, HEAD.replace("Kichwa", "title").replace("organisers", "speakers") + row)
    question = named(page)["Smith, John, Doe, Jane"]
    refused = agree(organiser_site, page)

    agree(organiser_site, agree(organiser_site, page, **{f"name:{question.key}": "22"}))

    assert (refused.context["refused"], "John Smith; Jane Doe" in page.content.decode()) == (
        "Answer what the file leaves open first.",
        True,
    )
    assert set(Speaker.objects.values_list("name", flat=True)) == {"John Smith", "Jane Doe"}


def test_speakers_of_a_calendar_come_with_their_organisations(organiser_site, forum):
    SpeakerFactory(forum=forum, name="John Wirth", organisation=None)
    speakers = "Conway\\, Radia (Example Org)\\, Wirth\\, John (Example Org)\\, Low\\, Eve (Head\\, Posts)"
    lines = [
        "UID:1@indico",
        "SUMMARY:A",
        "DTSTART:20200623T100000Z",
        "DURATION:PT1H",
        f"DESCRIPTION:Speakers: {speakers}",
    ]
    page = preview(
        organiser_site, "\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"])
    )

    agree(organiser_site, page)

    assert [one.text for one in named(page).values()] == ["Example Org"]
    assert set(Speaker.objects.values_list("name", "organisation__name", "position")) == {
        ("Radia Conway", "Example Org", ""),
        ("John Wirth", "Example Org", ""),
        ("Eve Low", None, "Head, Posts"),
    }
