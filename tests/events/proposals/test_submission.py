"""Proposing: who may, when, what is missing, two devices, two submissions at once."""

import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from events.models import Call, Invitation, Message, Proposal, Question, Session
from events.pages import revision
from events.proposals import states, submission
from events.proposals.form import answers as proposal_answers
from events.proposals.form import validation
from tests.events.proposals.factories import CallFactory, ProposalFactory, complete, confirmed, fill, speaker, staff
from tests.factories import NOW, ForumFactory, SessionFactory, SessionTypeFactory, UserFactory
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
    for step in proposal_answers.STEPS:
        row = submission.save(row, by=user, step=step, data=complete(), now=NOW)
    return row


def refused(call):
    """The codes of a refusal: {field: [codes]}, or one code."""
    with pytest.raises(ValidationError) as caught:
        call()
    if hasattr(caught.value, "error_dict"):
        return {name: [one.code for one in errors] for name, errors in caught.value.error_dict.items()}
    return caught.value.code


def verbs_of(proposal):
    return list(proposal.remarks.values_list("verb", flat=True))


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
    assert verbs_of(first) == ["begin"]


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

    assert proposal_answers.current(row) == complete()
    assert (row.revision, row.state) == (5, "draft")


def test_speaker_who_stays_keeps_the_token(draft, user):
    token = draft.invitations.get().token
    both = [speaker(name="Awa T."), speaker(name="Ben", email="ben@example.org")]

    submission.save(draft, by=user, step="speakers", data={"speakers": both}, now=NOW)
    submission.save(draft, by=user, step="speakers", data={"speakers": both[:1]}, now=NOW)

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

    submission.save(draft, by=user, step="speakers", data={"speakers": [other]}, now=NOW)

    row = draft.invitations.get()
    assert (row.name, row.position, row.is_moderator, row.state) == ("Dr Awa Traoré", "Director", True, "accepted")


def test_links_that_are_emptied_go(draft, user):
    kept = {key: text for key, text in complete()["links"].items() if key.startswith("goal")}

    submission.save(draft, by=user, step="goals", data={"links": kept}, now=NOW)

    assert proposal_answers.current(draft)["links"] == kept


def test_names_of_other_steps_are_left_out(draft, user):
    row = submission.save(draft, by=user, step="what", data={"title": "New", "kind": "theme"}, now=NOW)

    assert (row.title, row.kind) == ("New", "workshop")


def test_the_united_nations_keep_no_country(draft, user):
    row = submission.save(draft, by=user, step="who", data={"stakeholder_type": "united_nations"}, now=NOW)

    assert row.country_id is None


def test_two_devices(draft, user):
    seen = proposal_answers.digest(proposal_answers.current(draft), step="what")
    submission.save(draft, by=user, step="what", data={"title": "From the phone"}, seen=seen, now=NOW)

    late = refused(lambda: submission.save(draft, by=user, step="what", data={"title": "Mine"}, seen=seen, now=NOW))
    same = submission.save(draft, by=user, step="what", data={"title": "From the phone"}, seen=seen, now=NOW)
    other = submission.save(
        draft,
        by=user,
        step="who",
        data={"organisation_name": "Post"},
        seen=proposal_answers.digest(proposal_answers.current(draft), step="who"),
        now=NOW,
    )

    assert (late, same.title, other.organisation_name) == ("outdated", "From the phone", "Post")


@pytest.mark.parametrize(
    ("step", "data", "codes"),
    [
        ("who", {"country": "XX"}, {"country": ["bad-value"]}),
        ("who", {"kind": "party"}, {"kind": ["invalid_choice"]}),
        ("who", {"stakeholder_type": "king"}, {"stakeholder_type": ["bad-value"]}),
        ("who", {"co_organisers": [str(n) for n in range(21)]}, {"co_organisers": ["too-many"]}),
        ("who", {"co_organisers": ["a" * 201]}, {"co_organisers": ["bad-value"]}),
        ("what", {"title": "a" * 251}, {"title": ["max_length"]}),
        ("what", {"minutes": 5}, {"minutes": ["min_value"]}),
        ("what", {"session_type": 10**8}, {"session_type": ["bad-value"]}),
        ("goals", {"links": {"line-99999999": "x"}}, {"links": ["bad-value"]}),
        ("speakers", {"speakers": [speaker(), speaker()]}, {"speaker-1-email": ["duplicate-speaker"]}),
        ("speakers", {"speakers": [speaker(email="nobody")]}, {"speaker-0-email": ["bad-value"]}),
        ("speakers", {"speakers": [speaker(name="")]}, {"speaker-0-email": ["bad-value"]}),
        (
            "speakers",
            {"speakers": [speaker(email=f"a{n}@example.org") for n in range(13)]},
            {"speaker-0-name": ["too-many"]},
        ),
        ("wishes", {"wished_days": ["2021-01-01"]}, {"wished_days": ["bad-value"]}),
        ("wishes", {"answers": {"99999999": "x"}}, {"question-99999999": ["bad-value"]}),
    ],
)
def test_values_that_cannot_be_kept(draft, user, step, data, codes):
    before = proposal_answers.current(draft)

    assert refused(lambda: submission.save(draft, by=user, step=step, data=data, now=NOW)) == codes
    assert proposal_answers.current(Proposal.objects.get(pk=draft.pk)) == before


def test_long_rationale(draft, user):
    key = next(iter(complete()["links"]))

    found = refused(lambda: submission.save(draft, by=user, step="goals", data={"links": {key: "a" * 2001}}, now=NOW))

    assert found == {key: ["bad-value"]}


def test_type_of_the_secretariat_is_not_for_proposals(draft, user):
    kind = SessionTypeFactory(code="high_level", is_secretariat_only=True)

    found = refused(lambda: submission.save(draft, by=user, step="what", data={"session_type": kind.pk}, now=NOW))

    assert found == {"session_type": ["bad-value"]}


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
    questions = list(call.questions.all())
    found = validation.refusals(complete(**values), call=call, questions=questions)
    return {name: error.code for name, error in found.items()}


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, {}),
        ({"organisation_name": " "}, {"organisation_name": "missing"}),
        ({"stakeholder_type": ""}, {"stakeholder_type": "missing"}),
        ({"country": ""}, {"country": "missing"}),
        ({"country": "", "stakeholder_type": "united_nations"}, {}),
        ({"title": ""}, {"title": "missing"}),
        ({"description": " "}, {"description": "missing"}),
        ({"session_type": None}, {"session_type": "missing"}),
        ({"minutes": None}, {"minutes": "missing"}),
        ({"links": {}}, {"line-links": "missing", "goal-links": "missing"}),
        ({"speakers": []}, {}),
        ({"speakers": [], "kind": "speaker"}, {"speaker-0-name": "missing"}),
        ({"kind": "theme", "links": {}, "minutes": None, "session_type": None, "speakers": []}, {}),
        ({"wished_days": ["2020-07-24"]}, {"wished_days": "days-both"}),
    ],
)
def test_problems(call, values, found):
    assert problems(call, **values) == found


def test_kind_that_the_call_does_not_ask_for(call):
    Call.objects.update(kinds=["theme"])

    assert problems(Call.objects.get()) == {"kind": "bad-kind"}


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

    found = problems(call, answers={str(question.pk): answer})

    assert found == ({f"question-{question.pk}": code} if code else {})


def test_question_of_another_kind_and_one_that_need_not_be_answered(call):
    Question.objects.create(call=call, text="Size?", for_kinds=["exhibition"], is_required=True)
    Question.objects.create(call=call, text="More?")

    assert problems(call) == {}


def test_long_answer(draft, user, call):
    question = Question.objects.create(call=call, text="Why?")
    data = {"answers": {str(question.pk): "a" * 4001}}

    found = refused(lambda: submission.save(draft, by=user, step="wishes", data=data, now=NOW))

    assert found == {f"question-{question.pk}": ["bad-value"]}


def test_steps_of_kinds():
    assert proposal_answers.steps_of("workshop") == ["who", "what", "goals", "speakers", "wishes"]
    assert proposal_answers.steps_of("theme") == ["who", "what", "goals", "wishes"]
    assert proposal_answers.steps_of("exhibition") == ["who", "what", "wishes"]


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("line-3", "goals"),
        ("goal-9", "goals"),
        ("speaker-0-email", "speakers"),
        ("day-2020-07-22", "wishes"),
        ("question-1", "wishes"),
        ("title", "what"),
        ("anything", "wishes"),
    ],
)
def test_step_of(name, step):
    assert proposal_answers.step_of(name) == step


# --- submitting -------------------------------------------------------------------------------------
def test_submitting_asks_the_speakers_and_tells_the_proposer(draft, user):
    row = submission.submit(draft, by=user, now=NOW)

    assert (row.state, row.submitted) == ("submitted", NOW)
    assert verbs_of(row) == ["begin", "submit"]
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
    speakers = [speaker(), speaker(name="Ben", email="ben@example.org")]
    submission.save(draft, by=user, step="speakers", data={"speakers": speakers}, now=NOW)

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
        found = validation.refusals

        def slowly(*args, **more):
            time.sleep(0.2)
            return found(*args, **more)

        monkeypatch.setattr(validation, "refusals", slowly)

    def test_second_submission_is_refused(self, draft, user, slow):
        submit = lambda: submission.submit(draft, by=user, now=NOW)  # noqa: E731

        answers = together(submit, submit)

        assert sorted(getattr(answer, "code", "done") for answer in answers if isinstance(answer, ValidationError)) == [
            "with-organisers"
        ]
        assert (verbs_of(draft).count("submit"), Message.objects.count()) == (1, 2)

    def test_without_the_lock_both_are_taken(self, draft, user, slow, monkeypatch):
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self.all())
        submit = lambda: submission.submit(draft, by=user, now=NOW)  # noqa: E731

        together(submit, submit)

        assert verbs_of(draft).count("submit") == 2


# --- after a merger ---------------------------------------------------------------------------------
def test_what_a_merger_brought_together_can_be_changed_and_not_grow(call, user):
    row = fill(
        ProposalFactory(forum=call.forum, proposer=user, state="changes"),
        speakers=[speaker(email=f"{n}@example.org") for n in range(23)],
        co_organisers=[f"Net {n}" for n in range(30)],
    )

    def save(step, **data):
        return submission.save(row, by=user, step=step, data=data, now=NOW)

    speakers = proposal_answers.current(row)["speakers"]
    names = row.co_organisers
    more = [*speakers, speaker(email="more@example.org")]

    save("speakers", speakers=[{**speakers[0], "position": "Chair"}, *speakers[1:]])
    save("who", co_organisers=["Other", *names[1:]])
    assert refused(lambda: save("speakers", speakers=more)) == {"speaker-0-name": ["too-many"]}
    assert refused(lambda: save("who", co_organisers=[*names, "More"])) == {"co_organisers": ["too-many"]}
    save("speakers", speakers=speakers[:13])
    save("who", co_organisers=names[:21])
    assert refused(lambda: save("speakers", speakers=more[:14])) == {"speaker-0-name": ["too-many"]}

    assert (row.invitations.count(), len(Proposal.objects.get().co_organisers)) == (13, 21)


# --- taking it back ---------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ["draft", "submitted", "changes", "accepted"])
def test_own_proposal_is_withdrawn(call, user, state):
    row = ProposalFactory(forum=call.forum, proposer=user, state=state)

    assert submission.withdraw(row, by=user, now=NOW).state == "withdrawn"
    assert verbs_of(row) == ["withdraw"]


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
    assert row.remarks.get().text == "Fraud"


def test_withdrawing_is_refused(call, user):
    row = ProposalFactory(forum=call.forum, proposer=user, state="declined")

    assert refused(lambda: submission.withdraw(row, by=confirmed(), now=NOW)) == "not-yours"
    assert refused(lambda: submission.withdraw(row, by=user, now=NOW)) == "wrong-state"


def test_editable(call, user):
    row = ProposalFactory.build(state="draft")

    assert [states.is_editable(row, call=call, now=moment) for moment in (NOW, call.closes)] == [True, False]
    assert states.is_editable(row, call=None, now=NOW) is False
