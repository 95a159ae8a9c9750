"""Which column a header means: in any language of the site, in the words of people, and as somebody answers."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.exchange.readers.tables import LABELS, READ
from events.shared.tables import headers
from events.shared.tables.answers import Answers
from events.shared.tables.cells import fold
from events.shared.tables.spreadsheet_reader import Table, header_key
from registration.registering.registration_table import RegistrationResource

SESSIONS = headers.known_headers({name: [LABELS[name]] for name in READ}, table="session")
PEOPLE = headers.known_headers(RegistrationResource().labels(), table="registration")


@pytest.mark.parametrize(
    ("known", "row", "columns"),
    [
        (SESSIONS, "Titre;Date;Début;Fin;Salle;Organisateurs;Intervenants", "title date starts ends room organisers speakers"),
        (SESSIONS, "Título;Fecha;Inicio;Fin;Sala;Ponentes", "title date starts ends room speakers"),
        (SESSIONS, "العنوان;التاريخ;البداية;النهاية;القاعة;المتحدثون", "title date starts ends room speakers"),
        (SESSIONS, "Название;Дата;Начало;Конец;Зал;Докладчики", "title date starts ends room speakers"),
        (SESSIONS, "标题;日期;开始时间;结束时间;会议室;发言人", "title date starts ends room speakers"),
        (SESSIONS, "Session Title;Start (time);End-Time;Venue;Panellists", "title starts ends room speakers"),
        (PEOPLE, "Courriel;Nom complet;Pays;Genre;Organisme", "email name country gender organisation"),
        (PEOPLE, "E-mail address;Full name;Country;Sex;Affiliation", "email name country gender organisation"),
    ],
)  # fmt: skip
def test_header_of_people_is_understood(known, row, columns):
    assert [known.get(header_key(text)) for text in row.split(";")] == columns.split()


@given(st.sampled_from(sorted(SESSIONS)), st.sampled_from(["{}", " {} ", "{}:", "({})", "{}.", "- {}"]), st.booleans())
def test_signs_and_capitals_beside_the_letters_mean_nothing(word, form, is_upper):
    text = form.format(word.upper() if is_upper and fold(word.upper()) == word else word)

    assert SESSIONS[header_key(text)] == SESSIONS[word]


@given(st.lists(st.text(max_size=30), max_size=20), st.data())
def test_every_header_is_matched_asked_about_or_empty_and_an_answer_counts(row, data):
    table = Table([row])
    found = headers.headers_of([table], known=SESSIONS, answers=Answers())
    chosen = {one.key: data.draw(st.sampled_from(["", *READ])) for one in found}
    answered = headers.headers_of([table], known=SESSIONS, answers=Answers(columns=chosen))

    assert {one.key for one in found} == {key for key, _name in table.keys} - {""}
    assert all((one.column != "") == one.is_known for one in found)
    assert {one.key: one.column for one in answered} == chosen
    assert [one.is_known for one in found] == sorted(one.is_known for one in found)


def meaning(known, *rows):
    """Of each header of a table, whoever is asked about it: what is proposed, and whether it is known, or left to be chosen."""
    found = headers.headers_of([Table(list(rows))], known=known, answers=Answers())
    return {
        one.text: (one.column, "known" if one.is_known else "choose" if one.is_doubtful else "asked") for one in found
    }


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("Description (Optional)", "description"),
        ("*Title", "title"),
        ("Start time*", "starts"),
        ("Duration (min)", "duration"),
        ("Dauer [Minuten]", "duration"),
        ("Track（可选）", "track"),
        ("Start (HH:MM)", "starts"),
        ("Speaker 2", "speakers"),
    ],
)
def test_notes_and_units_beside_a_name_are_dropped(text, column):
    assert meaning(SESSIONS, [text], ["90"] if column != "title" else ["Talk"])[text] == (column, "known")


def test_exact_name_comes_before_a_label_and_a_label_before_what_others_call_it():
    assert meaning(SESSIONS, ["Session", "Title"], ["Session 0", "Opening"]) == {
        "Title": ("title", "known"),
        "Session": ("", "asked"),
    }
    assert meaning(SESSIONS, ["Room", "Venue", "Salle"], ["Hall", "CICG", "A"]) == {
        "Room": ("room", "known"),
        "Venue": ("", "asked"),
        "Salle": ("", "asked"),
    }


def test_two_headers_of_one_column_are_a_question_unless_one_is_empty_or_it_holds_several_people():
    two = meaning(SESSIONS, ["Talk", "Paper title", "Speaker 1", "Speaker 2"], ["Opening", "Radio", "Ada", "Bob"])

    assert two == {
        "Talk": ("", "choose"),
        "Paper title": ("", "choose"),
        "Speaker 1": ("speakers", "known"),
        "Speaker 2": ("speakers", "known"),
    }
    assert meaning(SESSIONS, ["Talk", "Paper title"], ["Opening"])["Talk"] == ("title", "known")


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("Stream", ["Digital skills", "Climate"], ("track", "asked")),
        ("Stream", ["https://live.example/1"], ("broadcast_url", "asked")),
        ("Livestream", ["Digital skills", "Climate"], ("", "choose")),
        ("Livestream", ["https://live.example/1", "later"], ("broadcast_url", "known")),
        ("Broadcast address", ["Digital skills", "Climate", "Radio"], ("", "choose")),
        ("Session", ["1", "2", "3"], ("", "choose")),
        ("Time", ["in the morning"], ("", "choose")),
        ("Day", ["Day 1", "Day 2"], ("", "choose")),
        ("Summary", ["What it is about"], ("abstract", "known")),
        ("Kichwa", ["Ufunguzi"], ("", "asked")),
    ],
)
def test_values_have_to_fit_before_a_header_is_believed(text, values, said):
    assert meaning(SESSIONS, [text], *([value] for value in values))[text] == said


def test_header_without_values_asks_nothing_and_examples_are_three():
    table = Table([["Title", "Notes", "Colour"], ["A", "", "red"], ["B", "", "red"], ["C", "", "blue"], ["D", "", "x"]])
    found = {one.text: one for one in headers.headers_of([table], known=SESSIONS, answers=Answers())}

    assert {text: one.is_open for text, one in found.items()} == {"Title": False, "Notes": False, "Colour": True}
    assert found["Colour"].examples == ("red", "blue", "x")


def test_same_answer_for_two_headers_is_asked_again():
    table = Table([["Talk", "Topic"], ["Opening", "Radio"]])
    both = Answers({"talk": "title", "topic": "title"})
    found = headers.headers_of([table], known=SESSIONS, answers=both)

    with pytest.raises(headers.OpenColumns) as question:
        headers.check_known(found, columns=[("title", "title")], missing=())
    assert [one.is_open for one in found] == [True, True]
    assert question.value.messages == ["Several columns are “Title”. Say which one is"]


@pytest.mark.parametrize("sign", ["[Africa/a-a-a-a-a-a", "[Africa/", "(CEST[", "a-", "( ", "UTC+", "1:", " ", "a."])
def test_header_of_any_length_takes_no_longer(sign):
    text = sign * (200_000 // len(sign))

    began = time.thread_time()
    said = headers.unit_of(text), headers.zone_of_header(text), headers.FITS["url"](f"{text}a.a.a@")

    assert said == (None, "", False)
    assert time.thread_time() - began < 1  # it takes about 1 ms; where it grows with the square, minutes
