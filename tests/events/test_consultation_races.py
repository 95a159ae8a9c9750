"""Several people at one proposal and its session in the same moment, on PostgreSQL with real threads.

Each race is run once more without its lock (or with one that shuts out too much), and must then go wrong.
"""

import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.db.models import QuerySet

from events.consultation import deciding, hosting, inviting, panel, proposing
from events.models import Invitation, Outcome, Session
from tests.events.proposals import CallFactory, ProposalFactory, confirmed, fill, speaker, staff
from tests.factories import NOW
from tests.registration.test_races import together

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
    return deciding.accept(proposal, by=staff(), now=NOW).session


@pytest.fixture
def slow(monkeypatch):
    """Time passes between a lock and the next one."""

    def wait(module, name, seconds):
        usual = getattr(module, name)

        def slowly(*args, **more):
            found = usual(*args, **more)
            time.sleep(seconds)
            return found

        monkeypatch.setattr(module, name, slowly)

    wait(inviting, "lock", 0.3)
    wait(hosting, "lock_hosted", 0.8)
    wait(hosting, "check_host", 0.3)


@pytest.fixture
def full_locks(monkeypatch):
    """The negative control: locks that shut out also those who only name the row."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **more: LOCK(self, **more | {"no_key": False}))


def answer():
    found = Invitation.objects.select_related("proposal__forum", "proposal__session").get(session=None)
    return lambda: inviting.answer(found, is_accepted=True, words={}, now=NOW)


def of_host(verb, session, host):
    row = Session.objects.select_related("forum").get(pk=session.pk)
    if verb == "ask":
        more = {"name": "Ben", "email": "ben@example.org", "role": "keynote"}
        return lambda: panel.ask(row, by=host, **more, now=NOW)
    if verb == "edit":
        return lambda: hosting.edit(row, by=host, title="Cables", description="More", now=NOW)
    more = {"kind": "announcement", "title": "Lay cables", "text": ""}
    return lambda: hosting.report_outcome(row, by=host, **more, now=NOW)


def is_deadlock(answers):
    return any(isinstance(one, OperationalError) and "deadlock" in str(one) for one in answers)


@pytest.mark.parametrize("verb", ["ask", "edit"])
class TestSpeakerAnswersWhileAHostWorks:
    def test_both_are_done(self, session, host, slow, verb):
        answers = together(answer(), of_host(verb, session, host))

        assert [type(one) for one in answers] == [Invitation, Invitation if verb == "ask" else Session]
        assert session.appearances.count() == 1

    def test_with_a_full_lock_they_wait_for_each_other(self, session, host, slow, full_locks, verb):
        answers = together(answer(), of_host(verb, session, host))

        assert is_deadlock(answers)


class TestHostReportsWhileAnotherAsks:
    @pytest.fixture(autouse=True)
    def _is_over(self, session):
        before = NOW - timedelta(hours=2)
        Session.objects.update(state="scheduled", starts=before, ends=before + timedelta(hours=1))

    def test_both_are_done(self, session, host, slow):
        answers = together(of_host("outcome", session, host), of_host("ask", session, host))

        assert [type(one) for one in answers] == [Outcome, Invitation]

    def test_with_a_full_lock_they_wait_for_each_other(self, session, host, slow, full_locks):
        answers = together(of_host("outcome", session, host), of_host("ask", session, host))

        assert is_deadlock(answers)


class TestSpeakersWhomOnePersonAsksWithinADay:
    @pytest.fixture
    def calls(self, host, monkeypatch):
        """Three proposals with twelve speakers each, by a person who may ask 18 more."""
        forum = CallFactory().forum
        monkeypatch.setattr(proposing, "MOST_ASKED", 18)
        rows = [
            fill(
                ProposalFactory(forum=forum, proposer=host, state="draft", submitted=None),
                speakers=[speaker(email=f"{place}-{number}@example.org") for number in range(12)],
            )
            for place in range(3)
        ]
        count = proposing._check_asked

        def slowly(*args, **more):
            count(*args, **more)
            time.sleep(0.2)

        monkeypatch.setattr(proposing, "_check_asked", slowly)
        return [lambda row=row: proposing.submit(row, by=host, now=NOW) for row in rows]

    def test_limit_holds_for_those_submitted_at_once(self, calls):
        answers = together(*calls)

        assert sorted(getattr(one, "code", "") for one in answers if isinstance(one, ValidationError)) == [
            "too-many-asked", "too-many-asked"
        ]  # fmt: skip
        assert Invitation.objects.filter(invited=NOW).count() == 12

    def test_without_the_lock_all_are_asked(self, calls, monkeypatch):
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **more: self.all())

        together(*calls)

        assert Invitation.objects.filter(invited=NOW).count() == 36
