"""The organisers' pages of kinds and questions: the builder, its preview, answers in the list and in tables."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registration.models import RegistrationQuestion
from tests.factories import (
    NOW,
    ForumFactory,
    KindFactory,
    RegistrationFactory,
    RegistrationQuestionFactory,
    allowed,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mali")]
PAGE = "/admin/registration/registrationquestion/"
LIST = "/admin/registration/registration/"


@pytest.fixture
def meal(forum):
    return RegistrationQuestionFactory(
        text="Meal",
        type="choice",
        choices=["Vegan", "=Any"],
        is_listed=True,
        translations={"fr": {"text": "Repas", "choices": ["Végan", "Tout"]}},
    )


def typed(forum, **values):
    return {"forum": forum.pk, "text": "Meal", "type": "choice", "order": 1, "choices": "Vegan\nAny"} | values


def test_builder_keeps_each_language_and_says_what_is_wrong(organiser_site, forum):
    answers = [
        organiser_site.post(f"{PAGE}add/", typed(forum, text_fr="Repas", choices_fr="Végan\nTout", hint_ar="تلميح")),
        organiser_site.post(f"{PAGE}add/", typed(forum, choices="Vegan")),
        organiser_site.post(f"{PAGE}add/", typed(forum, choices_fr="Végan")),
    ]

    assert [answer.status_code for answer in answers] == [302, 200, 200]
    assert "Enter at least two choices" in answers[1].content.decode()
    assert "Enter as many choices as there are above" in answers[2].content.decode()
    row = RegistrationQuestion.objects.get()
    assert row.choices == ["Vegan", "Any"]
    assert row.translations == {"fr": {"text": "Repas", "choices": ["Végan", "Tout"]}, "ar": {"hint": "تلميح"}}


def test_kinds_and_conditions_are_those_of_the_forum(organiser_site, forum, meal):
    own, other = KindFactory(forum=forum), KindFactory(forum=ForumFactory(slug="2021"))
    elsewhere = RegistrationQuestionFactory(type="consent", forum=other.forum)
    consent = RegistrationQuestionFactory(type="consent", forum=forum)

    html = organiser_site.get(f"{PAGE}{meal.pk}/change/").content.decode()
    wrong = organiser_site.post(f"{PAGE}add/", typed(forum, kinds=[other.pk])).content.decode()
    right = organiser_site.post(f"{PAGE}{meal.pk}/change/", typed(forum, kinds=[own.pk], shown_if=consent.pk))

    conditions = html.split('name="shown_if"')[1].split("</select>")[0]
    assert [f'value="{row.pk}"' in conditions for row in (consent, elsewhere, meal)] == [True, False, False]
    assert ("Choose kinds of the same forum" in wrong, right.status_code) == (True, 302)
    assert (list(meal.kinds.all()), RegistrationQuestion.objects.get(pk=meal.pk).shown_if) == ([own], consent)


def test_type_of_an_answered_question_stays(organiser_site, forum, meal):
    RegistrationFactory(answers={meal.name: "Vegan"})

    html = organiser_site.post(f"{PAGE}{meal.pk}/change/", typed(forum, type="several")).content.decode()

    assert "People have answered it. Retire it, and make another one" in html
    assert RegistrationQuestion.objects.get().type == "choice"


def test_question_is_retired_and_asked_again_in_the_list_and_not_deleted_while_people_answer(
    organiser_site, meal, noon
):
    chosen = {"_selected_action": [meal.pk]}

    organiser_site.post(PAGE, chosen | {"action": "retire"})
    meal.refresh_from_db()
    retired = meal.retired
    organiser_site.post(PAGE, chosen | {"action": "ask_again"})
    organiser_site.post(PAGE, chosen | {"action": "delete_selected", "post": "yes"})

    meal.refresh_from_db()
    assert (retired, meal.retired) == (NOW, None)
    assert organiser_site.post(f"{PAGE}{meal.pk}/delete/", {"post": "yes"}).status_code == 403


def test_list_of_a_forum_shows_and_filters_answers(organiser_site, forum, meal):
    several = RegistrationQuestionFactory(text="Days", type="several", choices=["Monday", "Tuesday"])
    consent = RegistrationQuestionFactory(text="Photos", type="consent")
    answers = {meal.name: "Vegan", several.name: ["Monday", "Tuesday"], consent.name: True}
    RegistrationFactory(name="Awa", answers=answers)
    RegistrationFactory(name="Bo", answers={meal.name: "=Any"})

    def names(**query):
        page = organiser_site.get(LIST, {"forum": forum.slug} | query)
        return sorted(row.name for row in page.context["cl"].queryset)

    assert names(**{meal.name: "0"}) == ["Awa"]
    assert names(**{meal.name: "1"}) == ["Bo"]
    assert names(**{several.name: "1"}) == ["Awa"]
    assert names(**{several.name: "-"}) == ["Bo"]
    assert names(**{consent.name: "yes"}) == ["Awa"]
    assert names(**{meal.name: "7"}) == ["Awa", "Bo"]
    assert "column-answer" in organiser_site.get(LIST, {"forum": forum.slug}).content.decode()
    assert "column-answer" not in organiser_site.get(LIST, {"forum": "all"}).content.decode()


def test_column_of_answers_asks_no_more_for_more_people(organiser_site, forum, meal):
    counts = []
    for people in (1, 5):
        RegistrationFactory.create_batch(people, answers={meal.name: "Vegan"})
        organiser_site.get(LIST, {"forum": forum.slug})
        with CaptureQueriesContext(connection) as asked:
            page = organiser_site.get(LIST, {"forum": forum.slug}).content.decode()
        counts.append((page.count("Vegan"), len(asked)))

    (one, few), (six, many) = counts
    assert (six - one, many) == (5, few)


def test_questions_of_a_forum_that_one_does_not_see_are_not_named(client, forum, meal):
    client.force_login(allowed("registration.view_registration", forum=ForumFactory(slug="2021")))

    page = client.get(LIST, {"forum": forum.slug})

    assert "Meal" not in page.content.decode()


def test_answers_go_out_in_tables_that_may_come_back(organiser_site, forum, meal):
    kind = KindFactory(forum=forum, slug="media")
    RegistrationFactory(kind=kind, answers={meal.name: "=Any"})

    answer = organiser_site.get("/admin/events/forum/exchange/registration.csv")
    head, row = answer.content.decode("utf-8-sig").splitlines()

    assert head.endswith(f",Meal [question {meal.pk}]")
    assert row.endswith(",'=Any")
    assert ",media," in row


# --- kinds ----------------------------------------------------------------------------------------
def test_kind_shows_what_is_left(organiser_site, forum):
    RegistrationFactory(kind=KindFactory(forum=forum, capacity=5))

    html = organiser_site.get("/admin/registration/kind/").content.decode()

    assert '<td class="field-places_left" data-label="Places left">4</td>' in html


def test_kind_in_which_somebody_registered_is_not_deleted(organiser_site, forum):
    kind = KindFactory(forum=forum)
    RegistrationFactory(kind=kind)

    assert organiser_site.post(f"/admin/registration/kind/{kind.pk}/delete/", {"post": "yes"}).status_code == 403
