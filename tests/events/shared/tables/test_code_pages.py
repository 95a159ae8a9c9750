"""Letters of older code pages: whoever brings a file in says how its names read; nobody gets another name in silence."""

import pytest
from django.core.exceptions import ValidationError

from events.exchange.readers import file_formats
from events.shared.tables import code_pages
from events.shared.tables.answers import Answers, OpenQuestion
from events.shared.tables.code_pages import decoded
from tests.refusals import refused

NAMES = {
    "cp1250": "Jiří Dvořák",
    "cp1252": "Zoé L’Hôte",
    "cp1254": "Ayşe Yıldız",
    "cp1255": "משה כהן",
    "cp874": "สมชาย ใจดี",
    "big5hkscs": "陳小明",
    "gb18030": "李小明",
    "cp1251": "Ольга Петрова",
    "cp1256": "فاطمة الزهراء",
    "cp1253": "Ελένη Γεωργίου",
    "cp1257": "Žydrūnas Ilgauskas",
    "cp932": "山田太郎",
    "cp949": "김민수",
    "mac_roman": "José Müller",
    "cp850": "José Müller",
    "cp866": "Ольга Петрова",
}


def question(data):
    with pytest.raises(OpenQuestion) as refusal:
        decoded(data, answers=Answers())
    assert refusal.value.code == "code-page"
    return refusal.value


@pytest.mark.parametrize("page", NAMES)
def test_older_code_page_is_asked_with_names_as_they_would_read(page):
    text = f"Name,Email\n{NAMES[page]},a@example.org\nAda,b@example.org\n"
    asked = question(text.encode(page))

    examples = {reading.value: list(reading.examples) for reading in asked.readings}
    assert examples[page] == [NAMES[page]]
    assert len({tuple(names) for names in examples.values()}) == len(examples)
    assert decoded(text.encode(page), answers=Answers(names={asked.key: page})) == text


def test_three_names_are_shown_and_as_many_more_as_tell_two_code_pages_apart():
    same, different = "Zoé\nRenée\nAndré\nNoé\n", "Zoé\nRenée\nÑusta\nÇelo\nÖdön\nÝmir\n"
    few, more = (
        {one.value: one.examples for one in question(text.encode("cp1252")).readings} for text in (same, different)
    )

    assert {len(names) for names in few.values()} == {3}
    assert (len(more["cp1252"]) > 3, more["cp1252"] != more["cp1254"]) == (True, True)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Zoé,جنيف\n".encode(), "Zoé,جنيف\n"),
        ("Zoé\n".encode("utf-8-sig"), "Zoé\n"),
        ("Zoé\tגנבה\n".encode("utf-16"), "Zoé\tגנבה\n"),
        ("Zoé,Noé".encode()[:-1], "Zoé,No\ufffd"),
    ],
)
def test_nobody_is_asked_where_the_letters_are_certain(data, text):
    assert decoded(data, answers=Answers()) == text


def test_what_is_no_text_is_not_asked_about():
    assert refused(decoded, b"\x89PNG\0\0\xff", answers=Answers()) == "broken"


def test_megabytes_are_asked_about_by_what_stands_first(monkeypatch):
    monkeypatch.setattr(code_pages, "LOOKED_AT", 30)

    assert {one.value: one.examples for one in question("陳小明\n".encode("big5") * 9).readings}["big5hkscs"] == [
        "陳小明"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "title,date\nCafé,2020-07-22\n",
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Café\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    ],
)
def test_programmes_ask_too(text):
    with pytest.raises(ValidationError) as refusal:
        file_formats.read(text.encode("cp1252"), forum=None, answers=Answers())

    assert refusal.value.code == "code-page"
    assert "UTF-8" in refusal.value.message
