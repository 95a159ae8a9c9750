"""What is asked before a file is read on, and what of a workbook is read: nothing becomes something else in silence."""

from datetime import timedelta

import pytest

from events.models import FileImport, Room, Session, Speaker
from tests.events.exchange.imports import agree, errors, preview, question
from tests.events.shared.tables.files import workbook
from tests.factories import CountryFactory, ForumFactory, RoomFactory, SessionTypeFactory, SpeakerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture(autouse=True)
def forum():
    SessionTypeFactory(code="session", name="Session")
    return ForumFactory()


@pytest.mark.parametrize(
    ("kind", "text", "rows", "page", "name"),
    [
        ("speaker", "name\n{}\n", Speaker.objects, "cp1254", "Ayşe Yıldız"),
        ("speaker", "name\n{}\n", Speaker.objects, "cp874", "สมชาย ใจดี"),
        ("session", "title,speakers\nTalk,{}\n", Speaker.objects, "cp1250", "Jiří Dvořák"),
        (
            "session",
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:Talk\nATTENDEE;CN={}:mailto:a@example.org\n"
            "DTSTART:20200720T100000Z\nDTEND:20200720T110000Z\nEND:VEVENT\nEND:VCALENDAR\n",
            Speaker.objects,
            "cp1251",
            "Ольга Петрова",
        ),
        ("room", "name\n{}\n", Room.objects, "big5", "大禮堂"),
    ],
)
def test_code_page_of_a_file_is_asked_and_its_names_come_in_as_they_are(organiser_site, kind, text, rows, page, name):
    asked = preview(organiser_site, text.format(name).encode(page), kind)
    readings = {one.value: one.examples for one in question(asked).readings}
    without = agree(organiser_site, asked)
    key = f"name:{question(asked).key}"
    answer = {key: {"big5": "big5hkscs"}.get(page, page)}
    shown = agree(organiser_site, asked, _look="1", **answer)

    assert name in str(readings[answer[key]])
    assert name in asked.content.decode()
    assert (question(without).key, FileImport.objects.exists()) == (question(asked).key, False)
    agree(organiser_site, shown)
    assert list(rows.values_list("name", flat=True)) == [name]


# --- lengths ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("header", "length", "is_asked"),
    [("Duration", "1200", True), ("Duration", "0.0138888888888889", True), ("Duration (seconds)", '"1,200"', False),
     ("Duration", "20", False)],
)  # fmt: skip
def test_length_of_a_session_in_another_unit_is_right_or_asked(organiser_site, header, length, is_asked):
    shown = preview(organiser_site, f"Title,Start,{header}\nTalk,2020-07-22 14:00,{length}\n")
    if first := question(shown):
        (right,) = (one.value for one in first.readings if str(one.examples).endswith("= 0:20:00']"))
        shown = agree(organiser_site, shown, _look="1", **{f"name:{first.key}": right})

    agree(organiser_site, shown)
    placed = Session.objects.get().placement
    assert (placed.ends - placed.starts, bool(first)) == (timedelta(minutes=20), is_asked)


# --- sheets ----------------------------------------------------------------------------------------
def test_every_sheet_with_the_columns_is_read_and_the_others_are_named(organiser_site, forum):
    SpeakerFactory(forum=forum, name="Awa Diallo", position="Minister")
    SpeakerFactory(forum=forum, name="Bo Lind", position="Professor")
    book = workbook(
        Notes=[["Hotel"], ["Lake"]],
        A=[["name", "position"], ["Awa Diallo", "President"]],
        B=[["Speakers"], [], ["position", "name"], ["CEO", "Zoe Roe"]],
        C=[["name"], ["Bo Lind"], ["Olga Petrova"]],
    )

    page = preview(organiser_site, book, "speaker")
    text = page.content.decode()
    agree(organiser_site, page)

    assert "The sheet “Notes” is not read. These columns are missing: Name" in text
    assert dict(Speaker.objects.values_list("name", "position")) == {
        "Awa Diallo": "President",
        "Zoe Roe": "CEO",
        "Bo Lind": "Professor",
        "Olga Petrova": "",
    }


def test_wrong_rows_are_named_with_their_sheets_and_the_others_come_in(organiser_site):
    rows = [["name", "gender"], ["Ada", "woman"], [], ["Bob", "someone"], ["Cy", "someone"]]
    book = workbook(A=rows, B=[["name", "gender"], ["Dan", "someone"], ["Eve", "woman"]])

    page = preview(organiser_site, book, "speaker")
    wrong = errors(page)
    agree(organiser_site, page, good_only="on")

    assert [one.partition(", column")[0] for one in wrong] == ["sheet “A”, rows 4–5", "sheet “B”, row 2"]
    assert set(Speaker.objects.values_list("name", flat=True)) == {"Ada", "Eve"}


def test_address_on_two_sheets_is_told_with_the_sheet(organiser_site):
    CountryFactory(code="ML", name="Mali")
    head = ["email", "name", "stakeholder type", "country", "gender", "agreed"]
    row = ["new@example.org", "Awa Traore", "academia", "ML", "woman", "yes"]

    page = preview(organiser_site, workbook(A=[head, row], B=[head, row]), "registration")

    assert [one.partition(", column")[0] for one in errors(page)] == ["sheet “B”, row 2"]
    assert "The same address stands in row A: 2" in errors(page)[0]


def test_rooms_of_one_sheet_keep_what_only_the_other_says(organiser_site, forum):
    RoomFactory(forum=forum, name="Room 1", capacity=40)

    page = preview(
        organiser_site, workbook(A=[["name"], ["Room 1"]], B=[["name", "capacity"], ["Room 2", "9"]]), "room"
    )
    agree(organiser_site, page)

    assert dict(Room.objects.values_list("name", "capacity")) == {"Room 1": 40, "Room 2": 9}
