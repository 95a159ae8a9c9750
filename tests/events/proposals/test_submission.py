"""Proposing: who may, when, what is missing, two devices, two submissions at once."""

import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from events.history import log
from events.models import Call, Invitation, Message, Proposal, Question, Session
from events.pages import revision
from events.proposals import states, submission
from events.proposals.form import answers
from events.proposals.form.questions import STEP_NAMES, ProposalDraft
from tests.events.proposals.factories import (
    CallFactory,
    ProposalFactory,
    complete,
    confirmed,
    fill,
    named,
    refused,
    speaker,
    staff,
    verbs_of,
)
from tests.factories import NOW, ForumFactory, SessionFactory, UserFactory
from tests.registration.agenda.test_races import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def call():
    return CallFactory()


@pytest.fixture
def user():
    return confirmed()


@pytest.fixture
def draft(call, user):
    row = submission.begin(call.forum, by=user, now=NOW)
    for step in STEP_NAMES:
        row = submission.save(row, by=user, step=step, data=complete(), now=NOW)
    return row


# --- the call ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("shift", "code"),
    [
        (timedelta(days=-1, seconds=-1), "call-not-open"),
        (timedelta(days=-1), None),
        (timedelta(days=1, seconds=-1), None),
        (timedelta(days=1), "call-closed"),
    ],
)
def test_call_is_open_half_open(call, user, shift, code):
    moment = NOW + shift

    if code is None:
        assert submission.begin(call.forum, by=user, now=moment).state == "draft"
    else:
        assert refused(lambda: submission.begin(call.forum, by=user, now=moment)) == code


def test_without_a_call_nothing_begins(user):
    assert refused(lambda: submission.begin(ForumFactory(), by=user, now=NOW)) == "no-call"


# --- drafts -----------------------------------------------------------------------------------------
def test_untouched_draft_is_given_again(call, user):
    first = submission.begin(call.forum, by=user, now=NOW)

    assert submission.begin(call.forum, by=user, now=NOW) == first
    assert verbs_of(first) == ["begin-proposal"]


def test_next_draft_knows_the_organisation(draft, call, user):
    second = submission.begin(call.forum, by=user, now=NOW)

    assert second != draft
    assert (second.organisation_name, second.country_id, second.title) == ("Ministry of Posts", "ML", "")


def test_too_many_drafts(call, user):
    ProposalFactory.create_batch(20, forum=call.forum, proposer=user, state="draft", revision=1)

    assert refused(lambda: submission.begin(call.forum, by=user, now=NOW)) == "too-many-drafts"


def test_too_many_within_a_day(call, user):
    ProposalFactory.create_batch(30, forum=call.forum, proposer=user, state="withdrawn", created=NOW)

    begin = lambda now: submission.begin(call.forum, by=user, now=now)  # noqa: E731
    call.closes = NOW + timedelta(days=9)
    call.save()

    assert refused(lambda: begin(NOW + timedelta(hours=23))) == "too-many-begun"
    assert begin(NOW + timedelta(days=1)).state == "draft"


def test_everything_is_kept(draft):
    row = Proposal.objects.get()

    assert answers.read(row) == complete()
    assert (row.revision, row.state) == (5, "draft")


def test_speaker_who_stays_keeps_the_token(draft, user):
    token = draft.invitations.get().token
    both = [speaker(name="Awa T."), speaker(name="Ben", email="ben@example.org")]

    submission.save(draft, by=user, step="speakers", data=named(*both), now=NOW)
    submission.save(draft, by=user, step="speakers", data=named(both[0], rows=2), now=NOW)

    assert list(Invitation.objects.values_list("token", "name")) == [(token, "Awa T.")]


def test_a_proposal_is_no_way_to_write_to_everybody(draft, user, call):
    earlier = ProposalFactory(forum=call.forum, proposer=user)
    Invitation.objects.bulk_create(
        [Invitation(proposal=earlier, name="x", email=f"{n}@example.org", invited=NOW) for n in range(150)]
    )

    assert refused(lambda: submission.submit(draft, by=user, now=NOW)) == "too-many-asked"
    assert (Proposal.objects.get(pk=draft.pk).state, Message.objects.count()) == ("draft", 0)
    Invitation.objects.filter(proposal=earlier).update(invited=NOW - timedelta(days=1))
    assert submission.submit(draft, by=user, now=NOW).state == "submitted"


def test_words_of_a_speaker_who_said_yes_stay(draft, user):
    draft.invitations.update(state="accepted", name="Dr Awa Traoré", position="Director")
    other = speaker(name="Queen Awa", position="Nobody", is_moderator=True)

    submission.save(draft, by=user, step="speakers", data=named(other), now=NOW)

    row = draft.invitations.get()
    assert (row.name, row.position, row.is_moderator, row.state) == ("Dr Awa Traoré", "Director", True, "accepted")


def test_links_that_are_emptied_go(draft, user):
    lines = [name for name in answers.read(draft) if name.startswith("line-")]

    submission.save(draft, by=user, step="goals", data=dict.fromkeys(lines, " "), now=NOW)

    assert [link.rationale for link in draft.links.all()] == ["It builds"]


def test_names_of_other_steps_are_left_out(draft, user):
    row = submission.save(draft, by=user, step="what", data={"title": "New", "kind": "theme"}, now=NOW)

    assert (row.title, row.kind) == ("New", "workshop")


def test_the_united_nations_keep_no_country(draft, user):
    row = submission.save(draft, by=user, step="who", data={"stakeholder_type": "united_nations"}, now=NOW)

    assert row.country_id is None


def test_another_device_is_not_overwritten(draft, user, call):
    seen = ProposalDraft(draft, call=call).digest("what")

    def save(title):
        return submission.save(draft, by=user, step="what", data={"title": title}, seen=seen, now=NOW)

    save("From the phone")

    assert refused(lambda: save("Mine")) == "outdated"
    assert save("From the phone").title == "From the phone"


@pytest.mark.parametrize(
    ("step", "data", "codes"),
    [
        ("who", {"country": "XX"}, {"country": ["invalid"]}),
        ("who", {"kind": "party"}, {"kind": ["invalid_choice"]}),
        ("who", {"stakeholder_type": "king"}, {"stakeholder_type": ["invalid_choice"]}),
        ("what", {"title": "a" * 251}, {"title": ["max_length"]}),
        ("what", {"minutes": 5}, {"minutes": ["min_value"]}),
        ("what", {"session_type": 10**8}, {"session_type": ["invalid"]}),
    ],
)
def test_save_refuses_what_no_column_holds(draft, user, step, data, codes):
    before = answers.read(draft)

    assert refused(lambda: submission.save(draft, by=user, step=step, data=data, now=NOW)) == codes
    assert answers.read(Proposal.objects.get(pk=draft.pk)) == before


def test_save_leaves_out_what_was_not_asked(draft, user):
    before = answers.read(draft)
    data = {"line-99999999": "x", "goal-99": "x", "day-2021-01-01": "wish", "question-99999999": "x", **named(rows=40)}

    for step in STEP_NAMES:
        submission.save(draft, by=user, step=step, data={**before, **data}, now=NOW)

    assert answers.read(Proposal.objects.get(pk=draft.pk)) == {
        name: value for name, value in before.items() if not name.startswith("speaker-")
    }


def test_others_cannot_save(draft):
    other = confirmed()

    assert refused(lambda: submission.save(draft, by=other, step="what", data={"title": "X"}, now=NOW)) == "not-yours"


def test_editors_can_save(draft):
    other = confirmed()
    draft.editors.add(other)

    assert submission.save(draft, by=other, step="what", data={"title": "X"}, now=NOW).title == "X"
    assert list(Proposal.objects.of(other)) == [draft]


def test_draft_after_the_call(draft, user, call):
    save = lambda: submission.save(draft, by=user, step="what", data={"title": "X"}, now=call.closes)  # noqa: E731

    assert refused(save) == "call-closed"


@pytest.mark.parametrize("state", ["submitted", "accepted", "declined", "merged", "withdrawn"])
def test_what_lies_with_the_organisers_is_not_changed(call, user, state):
    code = "with-organisers" if state == "submitted" else "wrong-state"
    row = ProposalFactory(forum=call.forum, proposer=user, state=state)

    assert refused(lambda: submission.save(row, by=user, step="what", data={"title": "X"}, now=NOW)) == code


def test_what_is_to_be_changed_can_be_after_the_call(call, user):
    row = ProposalFactory(forum=call.forum, proposer=user, state="changes")

    assert submission.save(row, by=user, step="what", data={"title": "X"}, now=call.closes).title == "X"


# --- complete? --------------------------------------------------------------------------------------
def problems(call, **values):
    found = ProposalDraft(fill(ProposalFactory(forum=call.forum)), call=call).problems(complete(**values))
    return {name: [one.code for one in problem.error_list] for name, problem in found.items()}


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, {}),
        ({"organisation_name": " "}, {"organisation_name": ["missing"]}),
        ({"stakeholder_type": ""}, {"stakeholder_type": ["missing"]}),
        ({"country": ""}, {"country": ["missing"]}),
        ({"country": "", "stakeholder_type": "united_nations"}, {}),
        ({"title": ""}, {"title": ["missing"]}),
        ({"description": " "}, {"description": ["missing"]}),
        ({"session_type": None}, {"session_type": ["missing"]}),
        ({"minutes": None}, {"minutes": ["missing"]}),
        ({"goal-9": " "}, {"goals": ["missing"]}),
        ({"speakers": []}, {}),
        ({"speakers": [], "kind": "speaker"}, {"speaker-0-name": ["missing"]}),
        ({"kind": "theme", "goal-9": "", "minutes": None, "session_type": None, "speakers": []}, {}),
    ],
)
def test_problems(call, values, found):
    assert problems(call, **values) == found


def test_workshop_without_links_lacks_both(call):
    links = [name for name in complete() if name.startswith(("line-", "goal-"))]

    assert problems(call, **dict.fromkeys(links, "")) == {"goals": ["missing", "missing"]}


def test_kind_that_the_call_does_not_ask_for(call):
    Call.objects.update(kinds=["theme"])

    assert problems(Call.objects.get()) == {"kind": ["bad-choice"]}


@pytest.mark.parametrize(
    ("kind", "answer", "code"),
    [
        ("text", "", "missing"),
        ("text", "words", None),
        ("line", " ", "missing"),
        ("yes_no", "yes", None),
        ("yes_no", "perhaps", "bad-choice"),
        ("choice", "b", None),
        ("choice", "c", "bad-choice"),
    ],
)
def test_questions(call, kind, answer, code):
    question = Question.objects.create(call=call, kind=kind, text="Why?", choices=["a", "b"], is_required=True)

    found = problems(call, **{f"question-{question.pk}": answer})

    assert found == ({f"question-{question.pk}": [code]} if code else {})


def test_question_of_another_kind_and_one_that_need_not_be_answered(call):
    Question.objects.create(call=call, text="Size?", for_kinds=["exhibition"], is_required=True)
    Question.objects.create(call=call, text="More?")

    assert problems(call) == {}


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        ("workshop", ["who", "what", "goals", "speakers", "wishes"]),
        ("theme", ["who", "what", "goals", "wishes"]),
        ("exhibition", ["who", "what", "wishes"]),
    ],
)
def test_steps_of_kinds(call, kind, steps):
    draft = ProposalDraft(ProposalFactory(forum=call.forum, kind=kind), call=call)

    assert [step.key for step in draft.steps] == steps


# --- submitting -------------------------------------------------------------------------------------
def test_submitting_asks_the_speakers_and_tells_the_proposer(draft, user):
    row = submission.submit(draft, by=user, now=NOW)

    assert (row.state, row.submitted) == ("submitted", NOW)
    assert verbs_of(row) == ["begin-proposal", "submit-proposal"]
    mails = {mail.kind: mail for mail in Message.objects.all()}
    assert {kind: (mail.to, mail.state) for kind, mail in mails.items()} == {
        "proposal-received": (user.email, "queued"),
        "speaker-invited": ("awa@example.org", "queued"),
    }
    invitation = row.invitations.get()
    assert invitation.invited == NOW
    assert f"/invitation/{invitation.token}/" in mails["speaker-invited"].text
    assert invitation.token not in mails["proposal-received"].text + mails["proposal-received"].html


def test_submitting_again_after_changes_asks_only_new_speakers(draft, user):
    submission.submit(draft, by=user, now=NOW)
    Proposal.objects.update(state="changes")
    speakers = named(speaker(), speaker(name="Ben", email="ben@example.org"))
    submission.save(draft, by=user, step="speakers", data=speakers, now=NOW)

    row = submission.submit(draft, by=user, now=NOW + timedelta(days=9))

    asked = Message.objects.filter(kind="speaker-invited").order_by("pk").values_list("to", flat=True)
    assert list(asked) == ["awa@example.org", "ben@example.org"]
    assert (row.submitted, Message.objects.filter(kind="proposal-received").count()) == (NOW, 2)


def test_what_another_kind_was_asked_goes(draft, user):
    submission.save(draft, by=user, step="who", data={"kind": "exhibition"}, now=NOW)

    row = submission.submit(draft, by=user, now=NOW)

    assert (row.invitations.count(), row.links.count()) == (0, 0)
    assert not Message.objects.filter(kind="speaker-invited").exists()


def test_submitting_is_refused(draft, user, call):
    assert refused(lambda: submission.submit(draft, by=confirmed(), now=NOW)) == "not-yours"
    assert refused(lambda: submission.submit(draft, by=user, now=call.closes)) == "call-closed"
    assert refused(lambda: submission.submit(draft, by=user, revision_seen=2, now=NOW)) == "outdated"
    Proposal.objects.update(title="")
    assert refused(lambda: submission.submit(draft, by=user, now=NOW)) == {"title": ["missing"]}
    Proposal.objects.update(title="x", state="accepted")
    assert refused(lambda: submission.submit(draft, by=user, now=NOW)) == "wrong-state"
    Proposal.objects.update(state="submitted")
    assert refused(lambda: submission.submit(draft, by=user, now=NOW)) == "with-organisers"
    assert not Message.objects.exists()


def test_submitting_needs_a_confirmed_address(call):
    stranger = UserFactory()
    row = fill(ProposalFactory(forum=call.forum, proposer=stranger, state="draft"))

    assert refused(lambda: submission.submit(row, by=stranger, now=NOW)) == "not-confirmed"


def test_call_that_was_deleted(call, user):
    row = fill(ProposalFactory(forum=call.forum, proposer=user, state="changes"))
    call.delete()

    assert refused(lambda: submission.submit(row, by=user, now=NOW)) == "no-call"


def test_public_figures_follow_late_changes_only(draft, user, call):
    before = revision.current()
    submission.submit(draft, by=user, now=NOW)
    during = revision.current()
    Proposal.objects.update(state="changes")
    submission.submit(draft, by=user, now=call.closes)
    after = revision.current()
    submission.withdraw(draft, by=user, now=call.closes)

    assert (during - before, after - during, revision.current() - after) == (0, 1, 1)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture
    def slow(self, monkeypatch):
        """Time passes between reading the state and writing it."""
        found = ProposalDraft.problems

        def slowly(*args, **more):
            time.sleep(0.2)
            return found(*args, **more)

        monkeypatch.setattr(ProposalDraft, "problems", slowly)

    def test_second_submission_is_refused(self, draft, user, slow):
        submit = lambda: submission.submit(draft, by=user, now=NOW)  # noqa: E731

        answers = together(submit, submit)

        assert sorted(getattr(answer, "code", "done") for answer in answers if isinstance(answer, ValidationError)) == [
            "with-organisers"
        ]
        assert (verbs_of(draft).count("submit-proposal"), Message.objects.count()) == (1, 2)

    def test_without_the_lock_both_are_taken(self, draft, user, slow, monkeypatch):
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self.all())
        submit = lambda: submission.submit(draft, by=user, now=NOW)  # noqa: E731

        together(submit, submit)

        assert verbs_of(draft).count("submit-proposal") == 2


# --- after a merger ---------------------------------------------------------------------------------
def test_what_a_merger_brought_together_can_be_changed_and_not_grow(call, user):
    speakers = [speaker(email=f"{n}@example.org") for n in range(23)]
    row = fill(
        ProposalFactory(forum=call.forum, proposer=user, state="changes"),
        speakers=speakers,
        co_organisers=[f"Net {n}" for n in range(30)],
    )

    def save(step, **data):
        return submission.save(row, by=user, step=step, data=data, now=NOW)

    save("speakers", **named({**speakers[0], "position": "Chair"}, *speakers[1:]))
    save("speakers", **named(*speakers, speaker(email="more@example.org")))  # there is no row for one more
    assert row.invitations.count() == 23
    save("speakers", **named(*speakers[:13], rows=23))
    save("speakers", **named(*speakers[:14]))
    assert row.invitations.count() == 13
    lines = ProposalDraft(row, call=call).step("who").questions[-1].field
    assert (lines.most, ProposalDraft(fill(row, co_organisers=[]), call=call).step("who").questions[-1].field.most) == (
        30,
        20,
    )


# --- taking it back ---------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ["draft", "submitted", "changes", "accepted"])
def test_own_proposal_is_withdrawn(call, user, state):
    row = ProposalFactory(forum=call.forum, proposer=user, state=state)

    assert submission.withdraw(row, by=user, now=NOW).state == "withdrawn"
    assert verbs_of(row) == ["withdraw-proposal"]


def test_session_goes_with_it_in_the_draft(call, user):
    session = SessionFactory(state="draft", starts=None, ends=None)
    row = ProposalFactory(forum=call.forum, proposer=user, state="accepted", session=session)

    submission.withdraw(row, by=user, now=NOW)

    assert Session.objects.get().placement.state == "cancelled"


def test_session_that_is_cancelled_already(call, user):
    session = SessionFactory(state="cancelled")
    row = ProposalFactory(forum=call.forum, proposer=user, state="accepted", session=session)

    assert submission.withdraw(row, by=user, now=NOW).state == "withdrawn"


def test_organisers_need_a_reason(call, user):
    row, organiser = ProposalFactory(forum=call.forum, proposer=user), staff()

    assert refused(lambda: submission.withdraw(row, by=organiser, reason=" ", now=NOW)) == "no-reason"
    assert submission.withdraw(row, by=organiser, reason="Fraud", now=NOW).state == "withdrawn"
    assert log.of(row).get().reason == "Fraud"


def test_withdrawing_is_refused(call, user):
    row = ProposalFactory(forum=call.forum, proposer=user, state="declined")

    assert refused(lambda: submission.withdraw(row, by=confirmed(), now=NOW)) == "not-yours"
    assert refused(lambda: submission.withdraw(row, by=user, now=NOW)) == "wrong-state"


def test_editable(call, user):
    row = ProposalFactory.build(state="draft")

    assert [states.is_editable(row, call=call, now=moment) for moment in (NOW, call.closes)] == [True, False]
    assert states.is_editable(row, call=None, now=NOW) is False
