"""Speakers of a proposal that is withdrawn or declined: who is told, when, and how long an answer still counts."""

import pytest

from events import outbox
from events.consultation import deciding, inviting, proposing
from events.models import Invitation, Message, Proposal
from tests.events.proposals import CallFactory, ProposalFactory, confirmed, fill, staff
from tests.events.test_consultation_proposing import refused
from tests.factories import NOW, SessionFactory

pytestmark = pytest.mark.django_db
AWA = "awa@example.org"


@pytest.fixture
def proposal():
    call = CallFactory()
    row = fill(ProposalFactory(forum=call.forum, proposer=confirmed(language="fr")))
    row.invitations.update(invited=NOW, state="accepted")
    for email, state in (("silent@example.org", "invited"), ("no@example.org", "declined")):
        Invitation.objects.create(proposal=row, name="Other", email=email, invited=NOW, state=state)
    return row


def asked(proposal, email=AWA):
    return Invitation.objects.get(proposal=proposal, email=email)


def say(invitation, *, is_accepted=True):
    return inviting.answer(invitation, is_accepted=is_accepted, words={}, now=NOW)


def told(kind):
    return {one.to: one.state for one in Message.objects.filter(kind=kind)}


# --- withdrawn --------------------------------------------------------------------------------------
def test_speakers_who_said_yes_are_told_at_once(proposal):
    fill(ProposalFactory(forum=proposal.forum)).invitations.update(
        email="else@example.org", invited=NOW, state="accepted"
    )

    proposing.withdraw(proposal, by=proposal.proposer, reason="For the organisers", now=NOW)

    mail = Message.objects.get()
    assert (mail.kind, mail.to, mail.state, mail.language) == ("speaker-withdrawn", AWA, "queued", "fr")
    assert ("Fibre for the north" in mail.text, "For the organisers" in mail.text + mail.html) == (True, False)
    assert asked(proposal).token not in mail.text + mail.html
    assert outbox.unwanted([mail], now=NOW) == set()


def test_editor_who_withdraws_tells_them_too(proposal):
    editor = confirmed()
    proposal.editors.add(editor)

    proposing.withdraw(proposal, by=editor, now=NOW)

    assert told("speaker-withdrawn") == {AWA: "queued"}


def test_what_organisers_withdraw_is_a_draft(proposal):
    proposing.withdraw(proposal, by=staff(), reason="Fraud", now=NOW)

    assert told("speaker-withdrawn") == {AWA: "draft"}
    assert "Fraud" not in Message.objects.get().text


def test_panellists_of_its_session_are_told_once(proposal):
    session = SessionFactory()
    Proposal.objects.filter(pk=proposal.pk).update(state="accepted", session=session)
    for email, state in ((AWA, "accepted"), ("host@example.org", "accepted"), ("gone@example.org", "taken_back")):
        Invitation.objects.create(session=session, name="Panel", email=email, invited=NOW, state=state)

    proposing.withdraw(proposal, by=proposal.proposer, now=NOW)

    assert told("speaker-withdrawn") == {AWA: "queued", "host@example.org": "queued"}


# --- declined ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("end", [outbox.queue, outbox.cancel])
def test_invitation_closes_once_the_decision_is_told(client, time_machine, proposal, end):
    time_machine.move_to(NOW, tick=False)
    address = f"/invitation/{asked(proposal).token}/"
    deciding.decline(proposal, by=staff(), now=NOW)

    before = client.get(address).content.decode()
    end(Message.objects.get(user=proposal.proposer), now=NOW)
    after = client.get(address).content.decode()

    assert ["can no longer be answered" in body for body in (before, after)] == [False, True]
    assert refused(lambda: say(asked(proposal))) == "not-wanted"


def test_who_says_yes_while_a_refusal_waits_is_told_with_the_others(proposal):
    deciding.decline(proposal, by=staff(), now=NOW)

    say(asked(proposal, "silent@example.org"))
    say(asked(proposal, "silent@example.org"))
    say(asked(proposal, "no@example.org"), is_accepted=False)

    assert told("speaker-not-needed") == {AWA: "draft", "silent@example.org": "draft"}


def test_who_says_no_meanwhile_gets_no_mail(proposal):
    deciding.decline(proposal, by=staff(), now=NOW)
    mail = Message.objects.get(kind="speaker-not-needed")
    assert outbox.unwanted([mail], now=NOW) == set()

    say(asked(proposal), is_accepted=False)

    assert outbox.unwanted([mail], now=NOW) == {mail.pk}


def test_answer_during_the_wait_stands_when_it_is_taken_up_again(proposal):
    deciding.decline(proposal, by=staff(), now=NOW)
    say(asked(proposal, "silent@example.org"))

    deciding.reopen(proposal, by=staff(), now=NOW)
    session = deciding.accept(proposal, by=staff(), now=NOW).session

    assert session.appearances.count() == 2


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_what_its_people_hold_back_closes_at_once(proposal, state):
    Proposal.objects.update(state=state)

    assert refused(lambda: say(asked(proposal))) == "not-wanted"


def test_second_invitation_of_a_merged_proposal_is_open_until_its_people_know(proposal):
    other = fill(ProposalFactory(forum=proposal.forum))
    deciding.merge(proposal, into=other, by=staff(), now=NOW)
    left = asked(proposal)
    assert inviting.is_answerable(left, now=NOW)

    outbox.queue(Message.objects.get(kind="proposal-merged"), now=NOW)

    assert not inviting.is_answerable(left, now=NOW)
