"""Which column a header means: in any language of the site, in the words of people, and as somebody answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.exchange.readers.tables import LABELS, READ
from events.tables import headers
from events.tables.answers import Answers
from events.tables.cells import fold
from events.tables.spreadsheet_reader import Table, header_key
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
    answered = headers.headers_of([table], known=SESSIONS, answers=Answers(columns=chosen, is_asking=True))

    assert {one.key for one in found} == {header_key(text) for text in row if text} - {""}
    assert all((one.column != "") == one.is_known for one in found)
    assert {one.key: one.column for one in answered} == chosen
    assert [one.is_known for one in found] == sorted(one.is_known for one in found)
