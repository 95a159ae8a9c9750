"""Proposing: who may, when, what is missing, two devices, two submissions at once."""

import time
from datetime import timedelta
from functools import partial

import pytest

from events.models import Call, Invitation, Message, Proposal, Question, Session, User
from events.proposals import states, submission
from events.proposals.form import answers
from events.proposals.form.questions import STEP_NAMES, ProposalDraft
from events.shared.history import log
from events.shared.pages import revision
from tests.events.proposals.factories import (
    CallFactory,
    ProposalFactory,
    complete,
    fill,
    named,
    speaker,
    staff,
    verbs_of,
)
from tests.factories import NOW, CountryFactory, ForumFactory, SessionFactory, UserFactory, confirmed
from tests.races import change_locks, together
from tests.refusals import refused

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
def test_drafts_are_begun_and_changed_while_the_call_is_open(call, user):
    row, what = ProposalFactory(forum=call.forum, proposer=user, state="draft", revision=1), {"title": "X"}
    for moment, code in (
        (call.opens - timedelta(seconds=1), "call-not-open"),
        (call.opens, None),
        (call.closes - timedelta(seconds=1), None),
        (call.closes, "call-closed"),
    ):
        begin = partial(submission.begin, call.forum, by=user, now=moment)
        save = partial(submission.save, row, by=user, step="what", data=what, now=moment)
        if code is None:
            assert (begin().state, save().title) == ("draft", "X")
        else:
            assert (refused(begin), refused(save)) == (code, code)
        assert states.is_editable(row, call=call, now=moment) == (code is None)

    assert states.is_editable(row, call=None, now=NOW) is False
    assert refused(submission.begin, ForumFactory(slug="other"), by=user, now=NOW) == "no-call"
    Proposal.objects.update(state="changes")  # at any time
    assert submission.save(row, by=user, step="what", data={"title": "Y"}, now=call.closes).title == "Y"


# --- drafts -----------------------------------------------------------------------------------------
def test_untouched_draft_is_given_again_and_the_next_one_knows_the_organisation(call, user):
    first = submission.begin(call.forum, by=user, now=NOW)
    assert submission.begin(call.forum, by=user, now=NOW) == first
    assert verbs_of(first) == ["begin-proposal"]
    for step in STEP_NAMES:
        submission.save(first, by=user, step=step, data=complete(), now=NOW)

    second = submission.begin(call.forum, by=user, now=NOW)

    first.refresh_from_db()
    assert (answers.read(first), first.revision, first.state) == (complete(), 5, "draft")
    assert second != first
    assert (second.organisation_name, second.country_id, second.title) == ("Ministry of Posts", "ML", "")


def test_first_draft_knows_what_the_account_says(call, user):
    User.objects.filter(pk=user.pk).update(organisation="Université de Bamako", country=CountryFactory())
    user.refresh_from_db()

    row = submission.begin(call.forum, by=user, now=NOW)

    assert (row.organisation_name, row.country_id, row.stakeholder_type) == ("Université de Bamako", "ML", "")


def test_too_many_drafts_or_too_many_within_a_day(call, user):
    Call.objects.update(closes=NOW + timedelta(days=9))
    more = {"forum": call.forum, "proposer": user, "created": NOW}
    ProposalFactory.create_batch(20, state="draft", revision=1, **more)
    assert refused(submission.begin, call.forum, by=user, now=NOW) == "too-many-drafts"
    ProposalFactory.create_batch(10, **more)
    Proposal.objects.update(state="withdrawn")

    assert refused(submission.begin, call.forum, by=user, now=NOW + timedelta(hours=23)) == "too-many-begun"
    assert submission.begin(call.forum, by=user, now=NOW + timedelta(days=1)).state == "draft"


def test_speaker_who_stays_keeps_the_token_and_who_said_yes_their_words(draft, user):
    seed, other = draft.invitations.get().link_seed, speaker(name="Ben", email="ben@example.org")

    def save(*speakers, **more):
        submission.save(draft, by=user, step="speakers", data=named(*speakers, **more), now=NOW)

    save(speaker(name="Awa T."), other)
    save(speaker(name="Awa T."), rows=2)
    assert list(Invitation.objects.values_list("link_seed", "name")) == [(seed, "Awa T.")]

    draft.invitations.update(state="accepted", name="Dr Awa Traoré", position="Director")
    save(speaker(name="Queen Awa", position="Nobody", is_moderator=True))
    row = draft.invitations.get()
    assert (row.name, row.position, row.is_moderator, row.state) == ("Dr Awa Traoré", "Director", True, "accepted")


def test_saving_a_step(draft, user, call):
    """Emptied links go, names of other steps are left out, the United Nations have no country, no device overwrites another."""
    lines = [name for name in answers.read(draft) if name.startswith("line-")]
    seen = ProposalDraft(draft, call=call).digest("what")
    editor = confirmed()
    draft.editors.add(editor)

    def save(step, *, by=user, **more):
        data = more.pop("data", more)
        return submission.save(draft, by=by, step=step, data=data, seen=seen if step == "what" else "", now=NOW)

    save("goals", data=dict.fromkeys(lines, " "))
    assert [link.rationale for link in draft.links.all()] == ["It builds"]
    row = save("what", by=editor, title="From the phone", kind="theme")
    assert (row.title, row.kind, list(Proposal.objects.of(editor))) == ("From the phone", "workshop", [draft])
    assert refused(save, "what", title="Mine") == "outdated"
    assert save("what", title="From the phone").title == "From the phone"
    assert save("who", stakeholder_type="united_nations").country_id is None
    assert refused(lambda: save("what", by=confirmed(), title="X")) == "not-yours"
    for state in ("submitted", "accepted", "declined", "merged", "withdrawn"):
        Proposal.objects.update(state=state)
        code = "with-organisers" if state == "submitted" else "wrong-state"
        assert refused(save, "what", title="X") == code


def test_a_proposal_is_no_way_to_write_to_everybody(draft, user, call):
    earlier = ProposalFactory(forum=call.forum, proposer=user)
    Invitation.objects.bulk_create(
        [Invitation(proposal=earlier, name="x", email=f"{n}@example.org", invited=NOW) for n in range(150)]
    )

    assert refused(submission.submit, draft, by=user, now=NOW) == "too-many-asked"
    assert (Proposal.objects.get(pk=draft.pk).state, Message.objects.count()) == ("draft", 0)
    Invitation.objects.filter(proposal=earlier).update(invited=NOW - timedelta(days=1))
    assert submission.submit(draft, by=user, now=NOW).state == "submitted"


def test_save_refuses_what_no_column_holds(draft, user):
    before = answers.read(draft)
    for step, name, value, code in (
        ("who", "country", "XX", "invalid"),
        ("who", "kind", "party", "invalid_choice"),
        ("who", "stakeholder_type", "king", "invalid_choice"),
        ("what", "title", "a" * 251, "max_length"),
        ("what", "minutes", 5, "min_value"),
        ("what", "session_type", 10**8, "invalid"),
    ):
        save = lambda step=step, data={name: value}: submission.save(draft, by=user, step=step, data=data, now=NOW)  # noqa: E731
        assert refused(save) == {name: [code]}
    assert answers.read(Proposal.objects.get(pk=draft.pk)) == before


def test_save_leaves_out_what_was_not_asked(draft, user):
    before = answers.read(draft)
    data = {"line-99999999": "x", "goal-99": "x", "day-2021-01-01": "wish", "question-99999999": "x", **named(rows=40)}

    for step in STEP_NAMES:
        submission.save(draft, by=user, step=step, data={**before, **data}, now=NOW)

    assert answers.read(Proposal.objects.get(pk=draft.pk)) == {
        name: value for name, value in before.items() if not name.startswith("speaker-")
    }


# --- complete? --------------------------------------------------------------------------------------
def problems(draft, **values):
    found = draft.problems(complete(**values))
    return {name: [one.code for one in problem.error_list] for name, problem in found.items()}


def test_problems(call):
    goals = {name: "" for name in complete() if name.startswith(("line-", "goal-"))}
    draft = ProposalDraft(fill(ProposalFactory(forum=call.forum)), call=call)
    for values, expected in (
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
        (goals, {"goals": ["missing", "missing"]}),
        ({"speakers": []}, {}),
        ({"speakers": [], "kind": "speaker"}, {"speaker-0-name": ["missing"]}),
        ({"kind": "theme", "goal-9": "", "minutes": None, "session_type": None, "speakers": []}, {}),
    ):
        assert problems(draft, **values) == expected


def test_what_a_call_asks(call):
    Question.objects.create(call=call, text="Size?", for_kinds=["exhibition"], is_required=True)
    Question.objects.create(call=call, text="More?")
    row = fill(ProposalFactory(forum=call.forum))
    asked_by = lambda: ProposalDraft(row, call=Call.objects.get())  # noqa: E731
    assert problems(asked_by()) == {}
    texts = {"text": ("", "words"), "line": (" ", "x"), "yes_no": ("perhaps", "yes"), "choice": ("c", "b")}
    for kind, (wrong, right) in texts.items():
        asked = Question.objects.create(call=call, kind=kind, text="Why?", choices=["a", "b"], is_required=True)
        name = f"question-{asked.pk}"
        code = "missing" if kind in {"text", "line"} else "bad-choice"
        draft = asked_by()
        assert (problems(draft, **{name: wrong}), problems(draft, **{name: right})) == ({name: [code]}, {})
        asked.delete()
    Call.objects.update(kinds=["theme"])
    assert problems(asked_by()) == {"kind": ["bad-choice"]}


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


def test_submitting_is_refused(draft, user, call):
    def submit(by=user, now=NOW, **more):
        return refused(submission.submit, draft, by=by, now=now, **more)

    found = [submit(by=confirmed()), submit(now=call.closes), submit(revision_seen=2)]
    for change in ({"title": ""}, {"title": "x", "state": "accepted"}, {"state": "submitted"}):
        Proposal.objects.update(**change)
        found.append(submit())
    Proposal.objects.update(state="draft", proposer=(stranger := UserFactory()))
    found.append(submit(by=stranger))

    codes = ["not-yours", "call-closed", "outdated", {"title": ["missing"]}, "wrong-state", "with-organisers"]
    assert found == [*codes, "not-confirmed"]
    assert not Message.objects.exists()


def test_what_another_kind_was_asked_goes(draft, user):
    submission.save(draft, by=user, step="who", data={"kind": "exhibition"}, now=NOW)

    row = submission.submit(draft, by=user, now=NOW)

    assert (row.invitations.count(), row.links.count()) == (0, 0)
    assert not Message.objects.filter(kind="speaker-invited").exists()


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

        assert [one for one in answers if isinstance(one, str)] == ["with-organisers"]
        assert (verbs_of(draft).count("submit-proposal"), Message.objects.count()) == (1, 2)

    def test_without_the_lock_both_are_taken(self, draft, user, slow, monkeypatch):
        change_locks(monkeypatch)
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
    more = lambda *people: refused(lambda: save("speakers", **named(*people)))  # noqa: E731
    assert more(*speakers, speaker(email="more@example.org")) == {"speaker-23-name": ["too-many"]}
    assert row.invitations.count() == 23
    save("speakers", **named(*speakers[:13], rows=23))
    assert more(*speakers[:14]) == {"speaker-13-name": ["too-many"]}
    assert row.invitations.count() == 13
    lines = ProposalDraft(row, call=call).step("who").questions[-1].field
    assert (lines.most, ProposalDraft(fill(row, co_organisers=[]), call=call).step("who").questions[-1].field.most) == (
        30,
        20,
    )


# --- taking it back ---------------------------------------------------------------------------------
def test_own_proposal_is_withdrawn_and_its_session_cancelled_in_the_draft(call, user):
    for state, placed in (
        ("draft", ""),
        ("submitted", ""),
        ("changes", ""),
        ("accepted", "draft"),
        ("accepted", "cancelled"),
    ):
        session = SessionFactory(state=placed, starts=None, ends=None) if placed else None
        row = ProposalFactory(forum=call.forum, proposer=user, state=state, session=session)

        assert (submission.withdraw(row, by=user, now=NOW).state, verbs_of(row)) == ("withdrawn", ["withdraw-proposal"])
        assert session is None or Session.objects.get(pk=session.pk).placement.state == "cancelled"
        assert refused(lambda row=row: submission.withdraw(row, by=user, now=NOW)) == "wrong-state"


def test_organisers_withdraw_with_a_reason_and_others_not_at_all(call, user):
    row, organiser = ProposalFactory(forum=call.forum, proposer=user), staff()

    assert refused(lambda: submission.withdraw(row, by=confirmed(), now=NOW)) == "not-yours"
    assert refused(submission.withdraw, row, by=organiser, reason=" ", now=NOW) == "no-reason"
    assert submission.withdraw(row, by=organiser, reason="Fraud", now=NOW).state == "withdrawn"
    assert log.of(row).get().reason == "Fraud"
