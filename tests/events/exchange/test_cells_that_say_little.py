"""Cells that name several organisations, nobody, or no room: nothing is made of them in silence."""

import pytest

from events.models import Organisation, Room, Session, Speaker
from tests.events.exchange.imports import agree, preview
from tests.factories import ForumFactory, OrganisationFactory, RoomFactory, SessionTypeFactory

pytestmark = pytest.mark.django_db
HEAD = "title,starts,ends,room,organisers,speakers,meeting link\n"


@pytest.fixture(autouse=True)
def forum():
    SessionTypeFactory(code="session", name="Session")
    return ForumFactory()


def programme(column, cells):
    """One session for each cell of a column, called A, B, C."""
    names = HEAD.strip().split(",")[3:]
    rows = (",".join(f'"{cell}"' if name == column else "" for name in names) for cell in cells)
    lines = [f"{chr(65 + n)},2020-06-23 {8 + n:02}:00,{9 + n:02}:00,{row}\n" for n, row in enumerate(rows)]
    return HEAD + "".join(lines)


def answers_of(page, label):
    return {one.text: one.answer for one in page.context["look"].questions if one.label == label}


def organisers():
    return {one.title: {row.name for row in one.organisers.all()} for one in Session.objects.all()}


def test_organisations_with_a_word_between_them_are_several_and_one_that_is_known_stays_one(organiser_site):
    for name in ("Radio Here", "Radio There", "Research and Development Institute"):
        OrganisationFactory(name=name)
    cells = [
        *("ITU and UNESCO", "ITU, UNESCO & UNDP", "Research and Development Institute", "Radio Here et Radio There"),
        *("Radio Here, and ITU", "ITU y CEPAL"),
    ]
    page = preview(organiser_site, programme("organisers", cells))

    agree(organiser_site, page)

    asked = {text: answer for text, answer in answers_of(page, "organisation").items() if answer == "each"}
    assert list(asked) == ["ITU and UNESCO", "ITU, UNESCO & UNDP", "ITU y CEPAL"]
    assert organisers() == {
        "A": {"ITU", "UNESCO"},
        "B": {"ITU", "UNESCO", "UNDP"},
        "C": {"Research and Development Institute"},
        "D": {"Radio Here", "Radio There"},
        "E": {"Radio Here", "ITU"},
        "F": {"ITU", "CEPAL"},
    }


@pytest.mark.parametrize(
    ("cell", "pieces"),
    [
        ("Google and Mozilla", "Google; Mozilla"),
        ("Ministry of Posts and Telecommunications", "Ministry of Posts; Telecommunications"),
        ("الاتحاد الدولي للاتصالات واليونسكو", "الاتحاد الدولي للاتصالات; اليونسكو"),
        ("国际电信联盟和教科文组织", "国际电信联盟; 教科文组织"),
        ("МСЭ и ЮНЕСКО", "МСЭ; ЮНЕСКО"),
    ],
)
def test_name_that_may_be_of_several_organisations_is_a_question(organiser_site, cell, pieces):
    page = preview(organiser_site, programme("organisers", [cell]))
    asked = next(one for one in page.context["look"].questions if one.label == "organisation")

    refused = agree(organiser_site, page)
    agree(organiser_site, agree(organiser_site, page, **{f"name:{asked.key}": "make"}))

    assert (asked.answer, dict(asked.choices)["each"]) == ("", pieces)
    assert refused.context["refused"] == "Answer what the file leaves open first."
    assert organisers() == {"A": {cell}}


@pytest.mark.parametrize(
    "cell",
    ["TBC", "tba", "n/a", "-", "to be confirmed", "À confirmer", "por confirmar", "уточняется", "待定", "يحدد لاحقا"],
)
def test_cells_that_say_nothing_make_nothing(organiser_site, cell):
    page = preview(organiser_site, f"{HEAD}A,2020-06-23 10:00,11:00,{cell},{cell},{cell},\n")

    agree(organiser_site, page)

    assert page.context["look"].questions == []
    assert [one.title for one in Session.objects.all()] == ["A"]
    assert [model.objects.count() for model in (Room, Organisation, Speaker)] == [0, 0, 0]


def test_time_that_is_to_be_confirmed_is_none(organiser_site):
    text = "title,date,start,end\nA,2020-06-23,TBC,\nB,2020-06-23,10:00,11:00\n"
    agree(organiser_site, preview(organiser_site, text))

    found = Session.objects.order_by("title").values_list("title", "placement__starts__hour")
    assert [(title, hour is None) for title, hour in found] == [("A", True), ("B", False)]


def test_online_is_no_room_unless_somebody_says_so_or_a_room_has_the_name(organiser_site, forum):
    RoomFactory(forum=forum, name="Zoom")
    page = preview(organiser_site, programme("room", ["Online", "Virtual", "en ligne", "Zoom", "онлайн"]))
    asked = answers_of(page, "room")

    agree(organiser_site, agree(organiser_site, page, **{"name:room:virtual": "make"}))

    assert asked == dict.fromkeys(["Online", "Virtual", "en ligne", "онлайн"], "leave")
    assert set(Room.objects.values_list("name", flat=True)) == {"Zoom", "Virtual"}


def test_address_in_the_column_of_rooms_is_that_of_the_meeting(organiser_site):
    url = "https://itu-int.zoom.us/j/81234567890?pwd=abc"
    cells = [url, f"Zoom: {url}", f"Popov ({url})", f"Online - {url}"]
    agree(organiser_site, preview(organiser_site, programme("room", cells)))

    found = Session.objects.order_by("title").values_list("meeting_url", "placement__room__name")
    assert list(found) == [(url, None), (url, None), (url, "Popov"), (url, None)]


def test_two_addresses_of_a_meeting_are_told(organiser_site):
    text = f"{HEAD}A,2020-06-23 10:00,11:00,https://zoom.us/j/1,,,https://zoom.us/j/2\n"
    page = preview(organiser_site, text)

    assert page.context["look"].new[0].session.meeting_url == "https://zoom.us/j/2"
    assert "https://zoom.us/j/1" in " ".join(str(note.text) for note in page.context["look"].notes)
