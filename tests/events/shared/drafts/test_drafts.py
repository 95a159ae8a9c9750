"""The engine of drafts, over a draft that is kept in a dictionary."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from events.shared.drafts import drafts, fields
from events.shared.drafts.drafts import CHECK, Draft, FormQuestion, Step, StepForm
from tests.refusals import refused

NAME = FormQuestion("name", fields.line("Name", length=10), missing="Enter the name")
KIND = FormQuestion(
    "kind",
    fields.choice("Kind", choices=[("a", "Apple"), ("b", "Pear")]),
    missing="Choose the kind",
    accepts=["a"],
    refused="No pears",
)
WHY = FormQuestion("why", fields.box("Why?", length=60), words=(2, 4), missing="Say why")
DAY = FormQuestion("day", fields.day("Day"))
LINES = FormQuestion("lines", fields.lines("Lines", most=2, length=5))
ONE, TWO = (
    FormQuestion(name, fields.line(name, length=3, is_needed=True), missing="Enter it") for name in ("one", "two")
)


def both(answers):
    is_same = answers.get("one") and answers.get("one") == answers.get("two")
    return {"two": ValidationError("Twice")} if is_same else {}


class Toy(Draft):
    def read(self):
        return self.row.kept

    def ask(self, answers):
        steps = [
            Step(key="who", name="Who", questions=[NAME, KIND]),
            Step(key="more", name="More", questions=[WHY, DAY, LINES]),
            Step(key="pair", name="Pair", questions=[ONE, TWO], check=both, is_whole=True),
        ]
        return steps[:2] if answers.get("kind") == "b" else steps

    def rules(self, answers):
        return {} if answers.get("day") else {"more": ValidationError("Choose a day", code="missing")}


def toy(**kept):
    return Toy(SimpleNamespace(kept=kept, revision=3))


COMPLETE = {"name": "Awa", "kind": "a", "why": "one two", "day": date(2020, 7, 22), "one": "x", "two": "y"}


def form(draft, step, **typed):
    data = QueryDict(mutable=True)
    data.update(typed)
    made = StepForm(draft, draft.step(step), data=data)
    made.is_valid()
    return made


# --- what is missing ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("question", "answer", "code"),
    [
        (NAME, "", "missing"),
        (NAME, " ", "missing"),
        (NAME, "x" * 11, None),  # longer than a form keeps, which is no rule of the submission
        (KIND, "", "missing"),
        (KIND, "a", None),
        (KIND, "b", "bad-choice"),
        (WHY, "", "missing"),
        (WHY, "… — !", "missing"),
        (WHY, "one", "word-count"),
        (WHY, "one two", None),
        (WHY, "one two three four", None),
        (WHY, "one two three four five", "word-count"),
        (WHY, "漢字", None),
        (DAY, None, None),
    ],
)
def test_problem(question, answer, code):
    assert getattr(question.problem(answer), "code", None) == code


def test_problems_are_named_by_question_and_by_step_and_follow_what_is_asked():
    assert list(toy().problems()) == ["name", "kind", "why", "one", "two", "more"]
    assert toy().step_of("more") == toy().step_of("day") == "more"
    assert list(toy(**COMPLETE | {"kind": "b", "one": ""}).problems()) == ["kind"]
    assert toy(**COMPLETE).problems() == {}


# --- what is kept ---------------------------------------------------------------------------------------
def test_what_can_be_kept_is_kept_beside_what_cannot_and_what_is_missing():
    made = form(toy(), "more", why="one", day="22/7/2020", lines="abc\r\n\r\nabc\r\n d  e ")

    assert made.kept == {"why": "one", "lines": ["abc", "d e"]}
    assert made.unkept == {"day": ["Enter a day such as 2020-03-31"]}
    assert made.errors["why"] == ["This text has 1 word. It needs 2 to 4"]
    assert made.non_field_errors() == ["Choose a day"]


def test_fields_of_a_form_are_its_own():
    first, second = form(toy(), "who"), form(toy(), "who")
    first.fields["name"].disabled = True
    first.fields["name"].widget.attrs["data-mark"] = "first"

    assert (second.fields["name"].disabled, NAME.field.disabled) == (False, False)
    assert "data-mark" not in str(second["name"]) + str(form(toy(), "who")["name"])


@pytest.mark.parametrize("typed", ["1\n2\n3", "123456", "a\0"])
def test_lists_that_cannot_be_kept(typed):
    assert list(form(toy(), "more", lines=typed).unkept) == ["lines"]


def test_step_that_is_whole_keeps_all_or_nothing():
    draft = toy(**COMPLETE)

    assert form(draft, "pair", one="a", two="b").kept == {"one": "a", "two": "b"}
    assert form(draft, "pair", one="a", two="1234").kept == {}
    twice = form(draft, "pair", one="a", two="a")
    assert (twice.kept, twice.unkept) == ({}, {"two": ["Twice"]})


def test_radio_buttons_that_are_not_sent_change_nothing():
    assert form(toy(**COMPLETE), "who", name="Ben").kept == {"name": "Ben"}


# --- the way ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kept", "step", "following"),
    [
        ({}, "who", "more"),
        (COMPLETE, "who", CHECK),  # came back to mend one answer
        (COMPLETE | {"name": ""}, "who", "more"),
        (COMPLETE | {"one": "", "two": ""}, "more", "pair"),
        (COMPLETE, "pair", CHECK),
        (COMPLETE | {"kind": "b"}, "more", CHECK),
    ],
)
def test_following(kept, step, following):
    assert toy(**kept).following(step) == following


# --- two devices --------------------------------------------------------------------------------------------
def test_changes_of_another_device_are_not_overwritten():
    seen = toy(name="Awa").digest("who")
    now = toy(name="From the phone")

    assert refused(now.changed, "who", {"name": "From the desk"}, seen=seen) == "outdated"
    assert now.changed("who", {"name": "From the phone"}, seen=seen) == {}  # the same again: nothing to lose
    assert now.changed("who", {"name": "From the desk"}, seen=now.digest("who")) == {"name": "From the desk"}
    assert now.changed("who", {"name": "From the desk"}, seen="") == {"name": "From the desk"}
    other = toy(name="Awa").digest("more")  # another step is no conflict
    assert now.changed("more", {"why": "x", "name": "left out"}, seen=other) == {"why": "x"}


def test_what_the_other_device_saved_is_told_of_the_questions_that_differ():
    made = form(toy(name="Awa"), "who", name="Desk", kind="b")

    assert made.stored_elsewhere(toy(name="Phone", kind="b")) == [("Name", "Phone")]
    assert made.stored_elsewhere(toy(name="Desk")) == [("Kind", "")]


ANSWERS = st.fixed_dictionaries(
    {"name": st.text(max_size=5), "kind": st.sampled_from(["", "a", "b"]), "why": st.text(max_size=5)}
)


@given(ANSWERS, ANSWERS, ANSWERS)
def test_no_device_loses_what_another_one_saved(first, phone, desk):
    """Whatever is typed: it is saved over what the person saw, says what is stored already, or is refused."""
    names = ("name", "kind")
    is_changed = any(first[name] != phone[name] for name in names)
    is_other = any(phone[name] != desk[name] for name in names)
    try:
        changed = toy(**phone).changed("who", desk, seen=toy(**first).digest("who"))
    except ValidationError:
        changed = None

    assert (changed is None) == (is_changed and is_other)
    if changed is not None:
        assert {name: {**phone, **changed}[name] for name in names} == {name: desk[name] for name in names}


# --- limits ---------------------------------------------------------------------------------------------------
def test_number_of_drafts_and_submission_of_what_was_read():
    row = SimpleNamespace(revision=3)
    drafts.check_number(SimpleNamespace(count=lambda: 19))
    drafts.check_read(row, revision_seen=3)
    drafts.check_read(row, revision_seen=None)

    assert refused(drafts.check_number, SimpleNamespace(count=lambda: 20)) == "too-many-drafts"
    assert refused(drafts.check_read, row, revision_seen=2) == "outdated"
