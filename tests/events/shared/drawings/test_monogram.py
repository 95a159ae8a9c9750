"""The monogram that stands for somebody who has no portrait."""

from xml.etree import ElementTree

import pytest
from django.template import Context, Template

from events.shared.drawings import monogram
from tests.factories import ForumFactory, SpeakerFactory


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Samira El Ouafi", "SO"),
        ("teuila faleono", "TF"),
        ("Ólafur (Óli) Þórsson", "ÓÞ"),
        ("Pelé", "P"),
        ("ليلى حداد", "ل"),
        ("王 小明", "王"),
        ("Анна Петрова", "АП"),
        ("4711", "?"),
    ],
)
def test_letters_are_those_of_first_and_last_name_and_one_sign_where_there_are_no_capitals(name, letters):
    assert monogram.letters_of(name) == letters


def test_the_same_person_has_the_same_drawing_and_others_another():
    drawn = [monogram.drawn(monogram.key_of(pk), "AB") for pk in (1, 1, 2)]

    assert drawn[0] == drawn[1] != drawn[2]
    assert len(drawn[0]) < 1_000


def test_it_has_30_strokes_in_the_palette_of_its_key():
    ground, strokes, text = ElementTree.fromstring(monogram.drawn("00000001", "AB"))

    assert (ground.get("fill"), strokes.get("stroke"), text.get("fill")) == ("#cfeae4", "#b4ddd4", "#0c4640")
    assert strokes.get("d", "").count("M") == 30
    assert (text.text, text.get("font-size")) == ("AB", "36")


@pytest.mark.django_db
def test_who_has_no_portrait_has_a_file_that_browsers_keep_for_a_year(client):
    speaker = SpeakerFactory(name="Samira El Ouafi")
    of_before = SpeakerFactory(name="samira  El OUAFI", forum=ForumFactory(slug="2019"))
    shown = Template("{% load page_tags %}{{ speaker|portrait }}")
    address, before = (shown.render(Context({"speaker": one})) for one in (speaker, of_before))

    answer = client.get(address)

    assert address == f"/media/monogram/{monogram.key_of(speaker.name)}/SO.svg" == before
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.content.decode() == monogram.drawn(monogram.key_of(speaker.name), "SO")


@pytest.mark.parametrize("letters", ["ABC", "1", "%3Cb", "A."])
def test_nothing_else_is_drawn(client, db, letters):
    assert client.get(f"/media/monogram/0123abcd/{letters}.svg").status_code == 404
