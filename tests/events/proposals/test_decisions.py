"""Scores, comments and decisions: pending while their mails wait, applied as these are let go, dropped as they are taken back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.models import Invitation, Message, Organisation, Placement, Proposal, Session, Wish
from events.proposals import decisions, merging, submission
from events.shared.history import log
from events.shared.mail import outbox
from tests.events.proposals.factories import (
    CallFactory,
    ProposalFactory,
    drafts,
    fill,
    let_go,
    staff,
    verbs_of,
)
from tests.factories import NOW, ForumFactory, OrganisationFactory, UserFactory, confirmed
from tests.refusals import refused

pytestmark = pytest.mark.django_db
DECIDE = {"accepted": decisions.accept, "declined": decisions.decline, "changes": decisions.ask_for_changes}


@pytest.fixture
def organiser():
    return staff()


@pytest.fixture
def proposal():
    return fill(ProposalFactory(forum=CallFactory().forum, proposer=confirmed(language="fr")))


def states(proposal):
    return Proposal.objects.values_list("state", "pending_state").get(pk=proposal.pk)


# --- points and discussion --------------------------------------------------------------------------
def test_points_and_comments(proposal, organiser):
    reviewer = staff("proposal reviewers")

    def score(**more):
        return decisions.score(proposal, by=reviewer, **{"points": 5} | more, now=NOW)

    def say(text):
        return decisions.comment(proposal, by=organiser, text=text, now=NOW)

    score(points=0)
    score(comment="Good")
    say(" Which room? ")

    assert [(one.points, one.comment) for one in proposal.reviews.all()] == [(5, "Good")]
    assert [(one.text, one.author) for one in proposal.comments.all()] == [("Which room?", organiser)]
    assert verbs_of(proposal) == ["score-proposal", "score-proposal"]
    assert [refused(score, points=number) for number in (-1, 6)] == [{"points": ["points"]}] * 2
    assert refused(score, comment="a" * 4001) == {"comment": ["too-long"]}
    assert [refused(say, text) for text in (" ", "a" * 4001)] == [{"text": ["empty"]}, {"text": ["too-long"]}]
    for decided in ({"state": "accepted"}, {"state": "submitted", "pending_state": "declined"}):
        Proposal.objects.update(**decided)
        assert refused(score) == "wrong-state"


# --- pending ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "name", "kind"),
    [
        ("accepted", "accept-proposal", "proposal-accepted"),
        ("declined", "decline-proposal", "proposal-declined"),
        ("changes", "ask-changes", "proposal-changes"),
    ],
)
def test_decision_is_dropped_with_a_mail_or_applied_once_its_mails_are_let_go(proposal, organiser, state, name, kind):
    proposal.editors.add(editor := confirmed())
    proposal.invitations.update(state="accepted", invited=NOW)

    row = DECIDE[state](proposal, by=organiser, text="Because of the rooms", now=NOW)

    assert (row.state, row.pending_state, row.decided, verbs_of(row)) == ("submitted", state, NOW, [name])
    mail, second = drafts(proposal)[:2]
    assert (mail.kind, mail.to, mail.language, mail.html) == (kind, proposal.proposer.email, "fr", "")
    assert ("Because of the rooms" in mail.text, f"/2020/proposals/{row.code}/" in mail.text) == (True, True)
    assert (second.to, Session.objects.exists()) == (editor.email, False)
    outbox.cancel(mail, by=organiser, now=NOW)
    assert (states(proposal), verbs_of(proposal)[-1]) == (("submitted", ""), "drop-decision")
    assert set(Message.objects.values_list("state", flat=True)) == {"cancelled"}

    DECIDE[state](proposal, by=organiser, text="x", now=NOW)
    mails = drafts(proposal)
    outbox.queue(mails[1], by=organiser, now=NOW)

    assert states(proposal) == (state, "")
    assert {Message.objects.get(pk=one.pk).state for one in mails} == {"queued"}
    assert outbox.unwanted(mails, now=NOW) == set()
    assert (verbs_of(proposal)[-1], log.of(proposal).first().actor) == ("tell-decision", organiser)
    if state == "changes":  # overtaken by what its people do
        submission.submit(proposal, by=proposal.proposer, now=NOW)
        assert outbox.unwanted(mails, now=NOW) == {one.pk for one in mails}


def test_later_decision_takes_the_place_of_an_earlier_one(proposal, organiser):
    decisions.decline(proposal, by=organiser, now=NOW)
    (old,) = drafts(proposal)
    decisions.reopen(proposal, by=organiser, now=NOW)
    decisions.ask_for_changes(proposal, by=organiser, text="Name a moderator", now=NOW)

    assert refused(outbox.queue, old, now=NOW) == "wrong-state"
    assert states(proposal) == ("submitted", "changes")
    assert let_go(proposal).state == "changes"


def test_what_its_people_do_meanwhile_drops_a_decision(proposal, organiser):
    """A no to what they were asked to change, and a decision on what they withdraw."""
    Proposal.objects.update(state="changes")
    decisions.decline(proposal, by=organiser, now=NOW)
    submission.submit(proposal, by=proposal.proposer, now=NOW)
    assert (states(proposal), drafts(proposal)) == (("submitted", ""), [])
    decisions.accept(proposal, by=organiser, now=NOW)

    submission.withdraw(proposal, by=proposal.proposer, now=NOW)

    assert (states(proposal), drafts(proposal), Session.objects.count()) == (("withdrawn", ""), [], 0)


def test_organisers_withdraw_by_what_they_decided(proposal, organiser):
    withdraw = lambda: submission.withdraw(proposal, by=organiser, reason="Fraud", now=NOW)  # noqa: E731
    decisions.decline(proposal, by=organiser, now=NOW)
    assert refused(withdraw) == "wrong-state"
    decisions.reopen(proposal, by=organiser, now=NOW)
    decisions.accept(proposal, by=organiser, now=NOW)

    assert withdraw().state == "withdrawn"


# --- taken up again ---------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ["submitted", "changes"])
def test_no_that_nobody_knows_is_taken_up_again_without_a_mail(proposal, organiser, state):
    Proposal.objects.update(state=state)
    assert refused(decisions.reopen, proposal, by=organiser, now=NOW) == "wrong-state"
    decisions.decline(proposal, by=organiser, now=NOW)

    decisions.reopen(proposal, by=organiser, now=NOW)

    assert (states(proposal), drafts(proposal)) == ((state, ""), [])
    assert verbs_of(proposal) == ["decline-proposal", "reopen-proposal"]


def test_no_that_was_told_is_taken_up_again_with_a_mail(proposal, organiser):
    decisions.decline(proposal, by=organiser, now=NOW)
    let_go(proposal)

    decisions.reopen(proposal, by=organiser, text="A room is free", now=NOW)

    (mail,) = drafts(proposal)
    assert (states(proposal), mail.kind, "A room" in mail.text) == (
        ("declined", "submitted"), "proposal-reopened", False
    )  # fmt: skip
    decisions.decline(proposal, by=organiser, now=NOW)
    assert (states(proposal), drafts(proposal)) == (("declined", ""), [])  # they know the no already


# --- what becomes of it -----------------------------------------------------------------------------
def test_accepted_workshop_becomes_a_session(proposal, organiser):
    known = OrganisationFactory(name="village net")
    editor = confirmed()
    proposal.editors.add(editor)
    proposal.invitations.update(state="accepted", invited=NOW)
    Invitation.objects.create(proposal=proposal, name="Silent", email="silent@example.org", invited=NOW)
    decisions.accept(proposal, by=organiser, now=NOW)

    session = let_go(proposal).session

    assert (session.title, session.description, session.state, session.starts) == (
        "Fibre for the north", "How we lay it", "draft", None
    )  # fmt: skip
    assert (session.type, session.expected, session.forum) == (proposal.session_type, 80, proposal.forum)
    ministry = Organisation.objects.get(name="Ministry of Posts")
    assert set(session.organisers.all()) == {ministry, known}
    assert (ministry.stakeholder_type, ministry.country_id) == ("government", "ML")
    assert [line.code for line in session.action_lines.all()] == ["C2"]
    assert [goal.number for goal in session.sdgs.all()] == [9]
    (one,) = session.appearances.all()
    assert (one.speaker.name, one.speaker.organisation, one.role, one.is_released) == (
        "Awa Traoré", known, "panellist", False
    )  # fmt: skip
    assert {(host.user, host.organisation) for host in session.hosts.all()} == {
        (proposal.proposer, ministry), (editor, ministry)
    }  # fmt: skip
    assert Placement.objects.get().state == "unscheduled"
    assert [(w.starts, w.ends, w.is_wanted) for w in Wish.objects.all()] == [
        (datetime(2020, 7, 22, 22, tzinfo=UTC), datetime(2020, 7, 23, 22, tzinfo=UTC), True),
        (datetime(2020, 7, 23, 22, tzinfo=UTC), datetime(2020, 7, 24, 22, tzinfo=UTC), False),
    ]


def test_other_kinds_are_only_decided(proposal, organiser):
    Proposal.objects.update(kind="speaker", proposer=confirmed(language="en"))
    decisions.accept(proposal, by=organiser, now=NOW)

    assert "becomes a session" not in Message.objects.get().text
    assert let_go(proposal).session is None


def test_workshop_without_a_type_or_an_organisation(proposal, organiser):
    kind = proposal.session_type
    Proposal.objects.update(session_type=None)
    assert refused(decisions.accept, proposal, by=organiser, now=NOW) == "no-type"
    assert (states(proposal), Message.objects.count()) == (("submitted", ""), 0)
    names = {"organisation_name": "", "co_organisers": ["", "Net"], "stakeholder_type": "", "country": None}
    Proposal.objects.update(session_type=kind, **names)
    decisions.accept(proposal, by=organiser, now=NOW)

    assert [row.name for row in let_go(proposal).session.organisers.all()] == ["Net"]


def test_day_on_which_clocks_change(organiser):
    forum = ForumFactory(slug="autumn", starts=date(2020, 10, 20), ends=date(2020, 10, 30))
    days = {"day-2020-07-23": "", "day-2020-07-24": "", "day-2020-10-25": "wish"}
    proposal = fill(ProposalFactory(forum=CallFactory(forum=forum).forum), **days)
    decisions.accept(proposal, by=organiser, now=NOW)
    let_go(proposal)

    wish = Wish.objects.get()
    assert wish.ends - wish.starts == timedelta(hours=25)


# --- who may ----------------------------------------------------------------------------------------
VERBS = {
    "submit": lambda row, people: submission.submit(row, by=people["own"], now=NOW),
    "withdraw": lambda row, people: submission.withdraw(row, by=people["own"], now=NOW),
    "changes": lambda row, people: decisions.ask_for_changes(row, by=people["staff"], text="x", now=NOW),
    "accept": lambda row, people: decisions.accept(row, by=people["staff"], now=NOW),
    "decline": lambda row, people: decisions.decline(row, by=people["staff"], now=NOW),
    "reopen": lambda row, people: decisions.reopen(row, by=people["staff"], now=NOW),
    "merge": lambda row, people: merging.merge(row, into=people["target"], by=people["staff"], now=NOW),
    "score": lambda row, people: decisions.score(row, by=people["staff"], points=3, now=NOW),
    "comment": lambda row, people: decisions.comment(row, by=people["staff"], text="x", now=NOW),
    "let go": lambda row, people: [outbox.queue(one, now=NOW) for one in drafts(row)[:1]],
    "take back": lambda row, people: [outbox.cancel(one, now=NOW) for one in drafts(row)[:1]],
}


def test_who_may_not_judge(proposal, organiser):
    """Nobody their own proposal, whatever their rights; the others only by a right, and reviewers do not decide."""
    reviewer, stranger, maker, own = staff("proposal reviewers"), UserFactory(), proposal.proposer, "own-proposal"
    for verb in ("accept", "decline", "changes", "reopen", "score", "comment"):
        Proposal.objects.update(state="declined" if verb == "reopen" else "submitted")
        before, judge = states(proposal), lambda by, verb=verb: refused(lambda: VERBS[verb](proposal, {"staff": by}))
        Proposal.objects.update(proposer=organiser)
        assert judge(organiser) == own
        Proposal.objects.update(proposer=maker)
        proposal.editors.add(organiser)
        assert judge(organiser) == own
        proposal.editors.clear()
        for by in [stranger] if verb in {"score", "comment"} else [stranger, reviewer]:
            assert judge(by) == "not-allowed"
        assert (states(proposal), Message.objects.count(), verbs_of(proposal)) == (before, 0, [])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(verbs=st.lists(st.sampled_from(sorted(VERBS)), max_size=10))
def test_no_verbs_leave_the_table(db, verbs):
    forum = CallFactory().forum
    people = {"own": confirmed(), "staff": staff(), "target": ProposalFactory(forum=forum)}
    row = fill(ProposalFactory(forum=forum, proposer=people["own"], state="draft"))
    for verb in verbs:
        was = row
        try:
            VERBS[verb](row, people)
            is_refused = False
        except ValidationError:
            is_refused = True
        row = Proposal.objects.get(pk=row.pk)
        known, decided = (was.state, row.state), (was.decided_state, row.decided_state)
        assert not is_refused or (known[0] == known[1] and decided[0] == decided[1])
        assert verb == "take back" or decided[0] == decided[1] or decided[1] in Proposal.TRANSITIONS[decided[0]] or (
            verb in {"reopen", "submit", "withdraw"} and was.pending_state
        )  # fmt: skip
        assert known[0] == known[1] or verb in {"submit", "withdraw", "let go"}
        assert (row.session_id is not None) >= (row.state == "accepted")
        assert bool(drafts(row)) == bool(row.pending_state)
