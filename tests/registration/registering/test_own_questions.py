"""The questions of organisers: who is asked what, what is kept, what stays when a question changes."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override

from events.models import HistoryEntry
from registration.models import Registration, RegistrationDraft, RegistrationQuestion
from registration.registering import registrations
from registration.registering.own_questions import questions as own_questions
from registration.registering.registrations import Registering
from tests.factories import (
    NOW,
    ForumFactory,
    KindFactory,
    RegistrationFactory,
    RegistrationQuestionFactory,
    UserFactory,
)
from tests.refusals import refused
from tests.registration.registering.test_registrations import ANSWERS, register

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mali")]
PAGE = "/2020/register/"


@pytest.fixture
def visa():
    return RegistrationQuestionFactory(text="Do you need a visa?", type="choice", choices=["Yes", "No"], order=1)


@pytest.fixture
def passport(visa):
    return RegistrationQuestionFactory(text="Passport", shown_if=visa, shown_for=["Yes"], is_required=True, order=2)


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def page(client, user, noon):
    client.force_login(user)
    return client


def save(forum, user, **answers):
    for step in ("you", "access", "questions", "questions-2"):
        registrations.save_step(forum, user=user, step=step, data=ANSWERS | answers, now=NOW)


def asked(forum, **answers):
    steps = Registering(forum, user=UserFactory(), now=NOW).ask(answers)
    return {step.key: [str(one.field.label) for one in step.questions] for step in steps if "questions" in step.key}


# --- who is asked what ----------------------------------------------------------------------------
def test_question_is_asked_of_its_kinds_and_after_the_answer_on_which_it_depends(forum, visa, passport):
    media, other = KindFactory(forum=forum), KindFactory(forum=forum)
    RegistrationQuestionFactory(text="Press card").kinds.add(media)
    RegistrationQuestionFactory(text="Old", retired=NOW)
    RegistrationQuestionFactory(text="Elsewhere", forum=ForumFactory(slug="2021"))

    assert asked(forum, kind=media.pk) == {"questions": ["Press card", "Do you need a visa?"]}
    assert asked(forum, kind=other.pk, **{visa.name: "No"}) == {"questions": ["Do you need a visa?"]}
    assert asked(forum, kind=other.pk, **{visa.name: "Yes"}) == {
        "questions": ["Do you need a visa?"],
        "questions-2": ["Passport"],
    }
    assert asked(ForumFactory(slug="2022")) == {}


@pytest.mark.parametrize(
    ("type_", "shown_for", "answer", "is_shown"),
    [
        ("choice", ["A"], "A", True),
        ("choice", ["A"], "B", False),
        ("choice", [], "B", True),
        ("choice", [], None, False),
        ("several", ["A"], ["B", "A"], True),
        ("several", ["A"], ["B"], False),
        ("consent", ["yes"], True, True),
        ("consent", ["yes"], False, False),
    ],
)
def test_question_follows_an_answer(type_, shown_for, answer, is_shown):
    first = RegistrationQuestionFactory(type=type_, choices=["A", "B"])
    RegistrationQuestionFactory(text="Then", shown_if=first, shown_for=shown_for)

    assert ("questions-2" in asked(first.forum, **{first.name: answer})) is is_shown


def test_question_is_asked_in_the_language_of_the_page_and_kept_in_the_words_of_the_forum():
    row = RegistrationQuestionFactory(
        text="Meal",
        type="choice",
        choices=["Vegan", "Any"],
        translations={"fr": {"text": "Repas", "choices": ["Végan", "Tout"]}, "ar": {"choices": ["one"]}},
    )
    with override("fr"):
        french = own_questions.question(row)
        names = (str(french.field.label), french.field.choices, french.text("Vegan"))
    with override("ar"):
        arabic = own_questions.question(row).text("Vegan")

    assert names == ("Repas", [("Vegan", "Végan"), ("Any", "Tout")], "Végan")
    assert arabic == "Vegan"


# --- answering ------------------------------------------------------------------------------------
TYPES = [
    ("line", [], " a  b ", "a b", "a b"),
    ("text", [], "a\r\nb", "a\nb", "a\nb"),
    ("number", [], "0", 0, "0"),
    ("date", [], "2020-07-01", "2020-07-01", "1 July 2020"),
    ("choice", ["A", "B"], "B", "B", "B"),
    ("several", ["A", "B"], ["A", "B"], ["A", "B"], "A, B"),
    ("consent", [], "on", True, "Yes"),
]


@pytest.mark.parametrize(("type_", "choices", "sent", "kept", "shown"), TYPES, ids=[one[0] for one in TYPES])
def test_answer_of_each_type_is_needed_kept_and_read(page, user, forum, type_, choices, sent, kept, shown):
    row = RegistrationQuestionFactory(text="Q", type=type_, choices=choices, is_required=True)
    save(forum, user)

    empty = page.post(f"{PAGE}questions/", {})
    page.post(f"{PAGE}questions/", {row.name: sent})
    draft = RegistrationDraft.objects.get().data
    done = page.post(f"{PAGE}check/", {"consent": "on"})

    registration = Registration.objects.get()
    assert (empty.status_code, "is-missing" if "error-summary" in empty.content.decode() else "") == (200, "is-missing")
    assert (draft[row.name], done.status_code, registration.answers) == (kept, 302, {row.name: kept})
    assert dict(Registering(forum, user=user, now=NOW).summary()[-1].lines) == {"Q": shown}


@pytest.mark.parametrize(
    ("type_", "sent", "sentence"),
    [
        ("number", "many", "Enter a whole number"),
        ("date", "tomorrow", "Enter a day such as 2020-03-31"),
        ("choice", "C", "Choose from the list"),
        ("several", ["A", "C"], "Choose from the list"),
        ("line", "x" * 251, "This has 251 characters. Shorten it to 250"),
        ("line", "a\0b", "Null characters are not allowed."),
    ],
)
def test_answer_that_is_none_is_told_at_its_field(page, user, forum, type_, sent, sentence):
    row = RegistrationQuestionFactory(type=type_, choices=["A", "B"])
    save(forum, user)

    html = page.post(f"{PAGE}questions/", {row.name: sent}).content.decode()

    assert sentence in html
    assert row.name not in RegistrationDraft.objects.get().data


def test_following_question_is_needed_on_a_page_of_its_own_without_script(page, user, forum, visa, passport):
    save(forum, user)

    on = page.post(f"{PAGE}questions/", {visa.name: "Yes"})["Location"]
    html = page.get(f"{PAGE}questions-2/").content.decode()
    refusal = page.post(f"{PAGE}check/", {"consent": "on"}).content.decode()
    page.post(f"{PAGE}questions-2/", {passport.name: "X1"})
    page.post(f"{PAGE}check/", {"consent": "on"})

    assert (on, "Passport" in html, "Answer this question" in refusal) == (f"{PAGE}questions-2/", True, True)
    assert Registration.objects.get().answers == {visa.name: "Yes", passport.name: "X1"}


def test_answer_goes_with_the_answer_on_which_it_depends(forum, user, visa, passport):
    registration = register(user, **{visa.name: "Yes", passport.name: "X1"})

    registrations.edit(registration, data={visa.name: "No"}, by=user, now=NOW)

    registration.refresh_from_db()
    assert registration.answers == {visa.name: "No"}
    assert HistoryEntry.objects.get(verb="edit-registration").after == {"fields": [visa.name, passport.name]}


# --- questions that change ------------------------------------------------------------------------
def test_nothing_is_lost_when_questions_change_afterwards(forum, user, visa, passport):
    registration = register(user, **{visa.name: "Yes", passport.name: "X1"})
    visa.choices, passport.shown_for = ["Perhaps", "No"], ["Perhaps"]
    visa.save()
    passport.save()
    passport.kinds.add(KindFactory(forum=forum, opens=NOW + timedelta(days=1)))
    own_questions.retire(passport, by=UserFactory(), now=NOW)

    registrations.edit(registration, data={"name": "Awa"}, by=user, now=NOW)

    registration.refresh_from_db()
    assert registration.answers == {visa.name: "Yes", passport.name: "X1"}
    assert own_questions.lines(own_questions.of(forum.pk), answers=registration.answers) == [
        ("Do you need a visa?", "Yes"),
        ("Passport", "X1"),
    ]


def test_question_that_is_retired_while_one_answers_is_told_and_the_rest_is_kept(page, user, forum, visa):
    meal = RegistrationQuestionFactory(text="Meal")
    save(forum, user)
    visa.retired = NOW
    visa.save()

    html = page.post(f"{PAGE}questions/", {meal.name: "Any", visa.name: "Yes"}, follow=True).content.decode()

    assert "The organisers took back a question that you were answering" in html
    assert RegistrationDraft.objects.get().data[meal.name] == "Any"


def test_question_is_retired_after_those_that_depend_on_it(visa, passport):
    by = UserFactory()

    codes = [refused(own_questions.retire, visa, by=by, now=NOW)]
    own_questions.retire(passport, by=by, now=NOW)
    codes.append(refused(own_questions.retire, passport, by=by, now=NOW))
    own_questions.ask_again(passport, by=by, now=NOW)
    codes.append(refused(own_questions.ask_again, passport, by=by, now=NOW))
    own_questions.retire(passport, by=by, now=NOW)
    own_questions.retire(visa, by=by, now=NOW)
    codes.append(refused(own_questions.ask_again, passport, by=by, now=NOW))

    assert codes == ["others-follow", "retired", "not-retired", "follows-retired"]
    assert list(HistoryEntry.objects.order_by("pk").values_list("verb", flat=True)) == [
        "retire-question",
        "ask-question-again",
        "retire-question",
        "retire-question",
    ]


@pytest.mark.parametrize("where", ["registration", "draft", "window", "nowhere"])
def test_question_is_deleted_only_before_anybody_could_answer(visa, where):
    if where == "registration":
        RegistrationFactory(answers={visa.name: "Yes"})
    if where == "draft":
        RegistrationDraft.objects.create(forum=visa.forum, user=UserFactory(), data={visa.name: "Yes"})
    opens = visa.forum.registration_opens

    now = opens if where == "window" else opens - timedelta(seconds=1)
    assert own_questions.may_delete(visa, now=now) is (where == "nowhere")


# --- what a question may be -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"type": "choice", "choices": ["A"]}, {"choices": ["too-few"]}),
        ({"type": "choice", "choices": ["A", "A"]}, {"choices": ["bad-choices"]}),
        ({"type": "choice", "choices": ["A", "x" * 151]}, {"choices": ["bad-choices"]}),
        ({"translations": {"fr": "x"}}, {"translations": ["bad-translations"]}),
        ({"shown_if": "line"}, {"shown_if": ["bad-condition"]}),
        ({"shown_if": "other"}, {"shown_if": ["other-forum"]}),
        ({"shown_if": "retired"}, {"shown_if": ["follows-retired"]}),
        ({"shown_if": "itself"}, {"shown_if": ["in-a-circle"]}),
        ({"shown_if": "visa", "shown_for": ["Perhaps"]}, {"shown_for": ["bad-condition"]}),
    ],
)
def test_question_that_nobody_could_answer_is_refused(visa, values, code):
    row = RegistrationQuestionFactory(type="choice", choices=["A", "B"])
    others = {
        "line": RegistrationQuestionFactory(),
        "visa": visa,
        "other": RegistrationQuestionFactory(type="consent", forum=ForumFactory(slug="2021")),
        "retired": RegistrationQuestionFactory(type="consent", retired=NOW),
        "itself": RegistrationQuestionFactory(type="choice", choices=["A", "B"], shown_if=row),
    }
    if "shown_if" in values:
        values = values | {"shown_if": others[values["shown_if"]]}
    for name, value in values.items():
        setattr(row, name, value)

    assert refused(row.full_clean) == code


def test_zero_is_an_answer_and_false_is_none():
    number = own_questions.question(RegistrationQuestionFactory(type="number", is_required=True))
    consent = own_questions.question(RegistrationQuestionFactory(type="consent", is_required=True))

    assert (number.problem(0), number.text(0)) == (None, "0")
    assert isinstance(consent.problem(False), ValidationError)
    assert RegistrationQuestion.objects.count() == 2
