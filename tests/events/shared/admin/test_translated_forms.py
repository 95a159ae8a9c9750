"""Texts in several languages beside each other: organisers write them, pages and mails show those of their language."""

import pytest

from events.models import Question, Theme
from prizes.models import Category
from tests.admin.rows import MAKERS
from tests.admin.test_pages import Sent
from tests.events.proposals.factories import CallFactory
from tests.factories import (
    CountryFactory,
    ForumFactory,
    KindFactory,
    RoomFactory,
    SessionFactory,
    SessionTypeFactory,
    allowed,
)

SAID = {"fr": {"name": "Salle des Pas perdus"}, "es": {"name": "Sala"}}


def save(client, row, **values):
    """Open the page of a row, type some fields anew and save; return the row as it is then."""
    page = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"
    answer = client.post(page, Sent(client.get(page).content.decode()).values | {"_save": "Save"} | values)
    if answer.status_code == 200:
        return answer.context["adminform"].form.errors
    row.refresh_from_db()
    return row


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (CountryFactory, "name"),
        (KindFactory, "name"),
        (RoomFactory, "name"),
        (SessionTypeFactory, "name"),
        (lambda: Theme.objects.create(code="x", name="Gender"), "name"),
        (ForumFactory, "theme"),
        (ForumFactory, "chair_message"),
        (SessionFactory, "title"),
        (CallFactory, "text"),
        (MAKERS[Category], "short_name"),
    ],
)
def test_a_text_is_written_in_each_language_and_others_stay(organiser_site, make, part):
    row = make()
    type(row).objects.filter(pk=row.pk).update(translations={"es": {part: "Sala"}, "fr": {"other": "Autre"}})

    saved = save(organiser_site, row, **{f"{part}_fr": "  Salle  ", f"{part}_ar": "قاعة"})

    assert saved.translations == {"es": {part: "Sala"}, "fr": {"other": "Autre", part: "Salle"}, "ar": {part: "قاعة"}}
    assert save(organiser_site, row, **{f"{part}_fr": ""}).translations["fr"] == {"other": "Autre"}


def test_pages_show_the_text_of_their_language_and_tell_where_there_is_none(client, db):
    forum = ForumFactory(
        translations={"fr": {"name": "Le Forum", "theme": "Le thème", "place": "Ville"}}, theme="Old theme"
    )
    session = SessionFactory(forum=forum, room=RoomFactory(forum=forum, name="Lost steps", translations=SAID))
    at = f"/{forum.slug}/programme/{session.code}/"

    french, arabic = (client.get(f"/{code}{at}").content.decode() for code in ("fr", "ar"))
    home = client.get(f"/fr/{forum.slug}/").content.decode()
    listed = client.get(f"/fr/{forum.slug}/programme/").content.decode()

    assert "<bdi>Salle des Pas perdus</bdi>" in french
    assert '<bdi lang="en">Lost steps</bdi>' in arabic
    assert "<bdi>Salle des Pas perdus</bdi>" in listed
    assert [words in home for words in ("Le Forum", "<bdi>Le thème</bdi>", "Ville", "Old theme")] == [
        True,
        True,
        True,
        False,
    ]


def test_question_of_a_call_is_asked_in_the_language_of_the_page(organiser_site):
    call = CallFactory()
    row = Question.objects.create(call=call, text="Which hall?", kind="choice", choices=["One", "Two"])
    typed = {"questions-0-text_fr": "Quelle salle ?", "questions-0-choices_fr": "Une"}

    refused = save(organiser_site, call, **typed)
    save(organiser_site, call, **typed | {"questions-0-choices_fr": "Une\nDeux"})

    row.refresh_from_db()
    assert refused == {}  # of the call itself: its question is refused
    assert row.translations == {"fr": {"text": "Quelle salle ?", "choices": ["Une", "Deux"]}}


def test_page_that_is_only_read_shows_the_other_languages(client, db):
    row = MAKERS[Category]()
    Category.objects.filter(pk=row.pk).update(translations={"fr": {"title": "Le rôle"}})
    client.force_login(allowed("prizes.view_category", "events.view_forum"))

    page = client.get(f"/admin/prizes/category/{row.pk}/change/").content.decode()

    assert [words in page for words in ("Title (French)", "Le rôle", "Title fr")] == [True, True, False]
