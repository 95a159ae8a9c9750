"""Several people at one proposal and its session in the same moment, on PostgreSQL with real threads.

Each race is run once more without its lock (or with one that shuts out too much), and must then go wrong.
"""

import threading
import time
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError
from django.db.models import QuerySet

from events.models import Invitation, Placement, Proposal, Session, SessionReport
from events.models.proposals import ProposalQuerySet
from events.outcomes.report import session_reports
from events.proposals import apply_decisions, decisions, merging, submission
from events.proposals.hosting import panellists, session_editing
from events.proposals.speakers import speaker_invitations
from events.shared.mail import outbox
from tests.events.proposals.factories import (
    CallFactory,
    ProposalFactory,
    accept,
    drafts,
    fill,
    let_go,
    speaker,
    staff,
)
from tests.factories import NOW, confirmed
from tests.races import change_locks, together

pytestmark = pytest.mark.django_db(transaction=True)
LOCK = QuerySet.select_for_update


@pytest.fixture
def host():
    return confirmed()


@pytest.fixture
def session(host):
    """Of an accepted proposal whose speaker is asked, and has not answered."""
    proposal = fill(ProposalFactory(forum=CallFactory(details_until=NOW + timedelta(days=9)).forum, proposer=host))
    proposal.invitations.update(invited=NOW)
    return accept(proposal).session


@pytest.fixture
def in_turn(monkeypatch):
    """Each of two threads holds its first lock before either asks for the next: `first` and `second` name what is called
    just then, and whether it is the start or the end of the call that counts."""

    def set_up(first, second, *, at_end=True):
        has_first, has_second = threading.Event(), threading.Event()
        take, go_on = getattr(*first), getattr(*second)

        def taking(*args, **more):
            found = take(*args, **more)
            if not has_first.is_set():
                has_first.set()
                has_second.wait(20)
            return found

        def going_on(*args, **more):
            found = go_on(*args, **more) if at_end else None
            has_second.set()
            return found if at_end else go_on(*args, **more)

        monkeypatch.setattr(*first, taking)
        monkeypatch.setattr(*second, going_on)
        return lambda call: lambda: has_first.wait(20) and call()

    return set_up


@pytest.fixture
def full_locks(monkeypatch):
    """The negative control: locks that shut out also those who only name the row."""
    change_locks(monkeypatch, to=lambda self, **more: LOCK(self, **more | {"no_key": False}))


def answer():
    found = Invitation.objects.select_related("proposal__forum", "proposal__session").get(session=None)
    return lambda: speaker_invitations.answer(found, is_accepted=True, now=NOW)


def of_host(verb, session, host):
    row = Session.objects.select_related("forum").get(pk=session.pk)
    if verb == "ask":
        more = {"name": "Ben", "email": "ben@example.org", "role": "keynote"}
        return lambda: panellists.ask(row, by=host, **more, now=NOW)
    if verb == "edit":
        return lambda: session_editing.edit(row, by=host, title="Cables", description="More", now=NOW)
    return lambda: session_reports.submit(row, by=host, now=NOW)


def is_deadlock(answers):
    return any(isinstance(one, OperationalError) and "deadlock" in str(one) for one in answers)


@pytest.mark.parametrize("verb", ["ask", "edit"])
class TestSpeakerAnswersWhileAHostWorks:
    @pytest.fixture
    def calls(self, session, host, in_turn, verb):
        after = in_turn((ProposalQuerySet, "lock"), (session_editing, "lock_hosted"))
        return answer(), after(of_host(verb, session, host))

    def test_both_are_done(self, session, calls, verb):
        answers = together(*calls)

        assert [type(one) for one in answers] == [Invitation, Invitation if verb == "ask" else Session]
        assert session.appearances.count() == 1


class TestHostReportsWhileAnotherAsks:
    @pytest.fixture
    def calls(self, session, host, in_turn):
        before = NOW - timedelta(hours=2)
        Session.objects.update(state="scheduled", starts=before, ends=before + timedelta(hours=1))
        answers = {"outcome-0-kind": "announcement", "outcome-0-title": "Lay cables"}
        SessionReport.objects.create(session=session, key_issues="Cables", answers=answers)
        after = in_turn((session_editing, "check_host"), (session_editing, "lock_hosted"), at_end=False)
        return of_host("report", session, host), after(of_host("ask", session, host))

    def test_both_are_done(self, calls):
        assert [type(one) for one in together(*calls)] == [SessionReport, Invitation]

    def test_with_a_full_lock_they_wait_for_each_other(self, calls, full_locks):
        assert is_deadlock(together(*calls))


class TestSpeakersWhomOnePersonAsksWithinADay:
    @pytest.fixture
    def calls(self, host, monkeypatch):
        """Three proposals with twelve speakers each, by a person who may ask 18 more."""
        forum = CallFactory().forum
        monkeypatch.setattr(submission, "MOST_ASKED", 18)
        rows = [
            fill(
                ProposalFactory(forum=forum, proposer=host, state="draft", submitted=None),
                speakers=[speaker(email=f"{place}-{number}@example.org") for number in range(12)],
            )
            for place in range(3)
        ]
        count = submission._check_asked

        def slowly(*args, **more):
            count(*args, **more)
            time.sleep(0.2)

        monkeypatch.setattr(submission, "_check_asked", slowly)
        return [lambda row=row: submission.submit(row, by=host, now=NOW) for row in rows]

    def test_limit_holds_for_those_submitted_at_once(self, calls):
        answers = together(*calls)

        assert [one for one in answers if isinstance(one, str)] == ["too-many-asked"] * 2
        assert Invitation.objects.filter(invited=NOW).count() == 12

    def test_without_the_lock_all_are_asked(self, calls, monkeypatch):
        change_locks(monkeypatch)

        together(*calls)

        assert Invitation.objects.filter(invited=NOW).count() == 36


class TestSpeakerAnswersWhileTheProposalIsMerged:
    @pytest.fixture
    def calls(self, host, monkeypatch):
        """The answer comes when the merger is written, and not stored yet."""
        is_written = threading.Event()
        forum = CallFactory().forum
        row, target = fill(ProposalFactory(forum=forum, proposer=host)), ProposalFactory(forum=forum)
        row.invitations.update(invited=NOW)
        merging.merge(row, into=target, by=staff(), now=NOW)
        found = Invitation.objects.select_related("proposal__forum").get()
        hand_over = merging._hand_over_speakers

        def slowly(*args, **more):
            hand_over(*args, **more)
            is_written.set()
            time.sleep(0.5)

        def say():
            is_written.wait(30)
            return speaker_invitations.answer(found, is_accepted=True, now=NOW)

        monkeypatch.setattr(merging, "_hand_over_speakers", slowly)
        return found, target, [lambda: let_go(row), say]

    def test_they_are_asked_to_send_it_again(self, calls):
        found, target, calls = calls

        answers = together(*calls)

        assert answers[1] == "outdated"
        found.refresh_from_db()
        assert (found.proposal, found.state) == (target, "invited")
        assert speaker_invitations.answer(found, is_accepted=True, now=NOW).proposal == target

    def test_without_the_lock_it_goes_to_the_proposal_that_is_gone(self, calls, monkeypatch):
        _found, _target, calls = calls
        change_locks(monkeypatch)

        answers = together(*calls)

        assert isinstance(answers[1], IntegrityError)  # a copy of the invitation stayed there


class TestDecisionIsToldWhileItsPeopleWithdraw:
    @pytest.fixture
    def calls(self, host, monkeypatch):
        """They withdraw while the session is being made."""
        proposal = fill(ProposalFactory(forum=CallFactory().forum, proposer=host))
        decisions.accept(proposal, by=staff(), now=NOW)
        is_applied, apply = threading.Event(), apply_decisions._apply

        def slowly(*args, **more):
            apply(*args, **more)
            is_applied.set()
            time.sleep(0.5)

        def withdraw():
            is_applied.wait(30)
            return submission.withdraw(proposal, by=host, now=NOW)

        monkeypatch.setattr(apply_decisions, "_apply", slowly)
        (mail,) = drafts(proposal)
        return [lambda: outbox.queue(mail, now=NOW), withdraw]

    def test_the_session_is_cancelled_with_it(self, calls):
        together(*calls)

        assert (Proposal.objects.get().state, Placement.objects.get().state) == ("withdrawn", "cancelled")

    def test_without_the_lock_the_session_stays(self, calls, monkeypatch):
        change_locks(monkeypatch)

        together(*calls)

        assert Placement.objects.get().state == "unscheduled"
