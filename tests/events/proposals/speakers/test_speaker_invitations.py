"""Speakers of a proposal that is withdrawn or declined: who is told, when, and how long an answer still counts."""

from datetime import timedelta

import pytest

from events.models import Invitation, Message, Proposal
from events.proposals import decisions, submission
from events.proposals.form import answers
from events.proposals.speakers import speaker_invitations
from events.shared.mail import outbox
from tests.events.proposals.factories import CallFactory, ProposalFactory, accept, fill, let_go, named, staff
from tests.factories import NOW, SessionFactory, confirmed
from tests.refusals import refused

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
    return speaker_invitations.answer(invitation, is_accepted=is_accepted, now=NOW)


def told(kind):
    return {one.to: one.state for one in Message.objects.filter(kind=kind)}


# --- withdrawn --------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["maker", "editor", "organiser"])
def test_speakers_and_other_people_of_what_is_withdrawn_are_told(client, noon, proposal, who):
    """At once by its people; organisers draft the mails, but nobody works on it because a mail waits."""
    maker, editor, session = proposal.proposer, confirmed(name="Ben Friend"), SessionFactory()
    people = {"maker": maker, "editor": editor, "organiser": staff()}
    proposal.editors.add(editor)
    fill(ProposalFactory(forum=proposal.forum)).invitations.update(email="e@example.org", invited=NOW, state="accepted")
    Proposal.objects.filter(pk=proposal.pk).update(state="accepted", session=session)
    for email, state in ((AWA, "accepted"), ("host@example.org", "accepted"), ("gone@example.org", "taken_back")):
        Invitation.objects.create(session=session, name="Panel", email=email, invited=NOW, state=state)

    submission.withdraw(proposal, by=people[who], reason="For the organisers", now=NOW)

    state = "draft" if who == "organiser" else "queued"
    assert told("speaker-withdrawn") == {AWA: state, "host@example.org": state}
    assert told("proposal-withdrawn") == {one.email: state for one in (maker, editor) if one != people[who]}
    mails = list(Message.objects.all())
    said = "".join(one.text + one.html for one in mails)
    assert ("Fibre for the north" in said, "For the organisers" in said, asked(proposal).token in said) == (
        True, False, False
    )  # fmt: skip
    assert ("Ben Friend" in said, Message.objects.get(to=AWA).language) == (who == "editor", "fr")
    assert outbox.unwanted(mails, now=NOW) == set()
    client.force_login(maker)
    assert "Withdrawn" in client.get(f"/2020/proposals/{proposal.code}/").content.decode()


# --- declined ---------------------------------------------------------------------------------------
def test_invitation_closes_once_the_decision_is_told(client, noon, proposal):
    address = f"/invitation/{asked(proposal).token}/"
    decisions.decline(proposal, by=staff(), now=NOW)

    before = client.get(address).content.decode()
    let_go(proposal)
    after = client.get(address).content.decode()

    assert ["can no longer be answered" in body for body in (before, after)] == [False, True]
    assert refused(say, asked(proposal)) == "not-wanted"


def test_who_says_yes_while_a_refusal_waits_is_told_with_the_others_and_who_says_no_is_not(proposal):
    decisions.decline(proposal, by=staff(), now=NOW)

    say(asked(proposal, "silent@example.org"))
    say(asked(proposal, "silent@example.org"))
    say(asked(proposal, "no@example.org"), is_accepted=False)

    assert told("speaker-not-needed") == {AWA: "draft", "silent@example.org": "draft"}
    say(asked(proposal), is_accepted=False)
    let_go(proposal)
    mails = list(Message.objects.filter(kind="speaker-not-needed"))
    assert outbox.unwanted(mails, now=NOW) == {one.pk for one in mails if one.to == AWA}


def test_answer_during_the_wait_stands_when_it_is_taken_up_again(proposal):
    decisions.decline(proposal, by=staff(), now=NOW)
    say(asked(proposal, "silent@example.org"))

    decisions.reopen(proposal, by=staff(), now=NOW)

    assert accept(proposal).session.appearances.count() == 2


# --- taken up again ---------------------------------------------------------------------------------
def test_who_knows_of_the_no_is_told_that_it_is_considered_again(proposal):
    editor = confirmed()
    proposal.editors.add(editor)
    say(asked(proposal, "silent@example.org"))
    decisions.decline(proposal, by=staff(), now=NOW)
    outbox.cancel(Message.objects.get(kind="speaker-not-needed", to="silent@example.org"), now=NOW)
    let_go(proposal)

    decisions.reopen(proposal, by=staff(), text="A room is free", now=NOW)

    again = told("proposal-reopened") | told("speaker-needed-again")
    assert again == {proposal.proposer.email: "draft", editor.email: "draft", AWA: "draft"}
    mails = list(Message.objects.filter(kind__in=["proposal-reopened", "speaker-needed-again"]))
    assert not any("A room is free" in one.text for one in mails)
    let_go(proposal)
    assert outbox.unwanted(mails, now=NOW) == set()
    Proposal.objects.filter(pk=proposal.pk).update(state="accepted")
    assert outbox.unwanted(mails, now=NOW) == {one.pk for one in mails if one.to != AWA}


# --- left out, and no -------------------------------------------------------------------------------
def leave_out(proposal, *names):
    Proposal.objects.update(state="changes")
    said = answers.speakers_of(answers.read(proposal))
    kept = named(*(one for one in said if one["email"] not in names), rows=len(said))
    submission.save(proposal, by=proposal.proposer, step="speakers", data=kept, now=NOW)


def test_speaker_who_said_yes_and_is_left_out_is_told(client, noon, proposal):
    say(asked(proposal, "silent@example.org"))
    token = asked(proposal, "silent@example.org").token

    leave_out(proposal, "silent@example.org", "no@example.org")

    mail = Message.objects.get(kind="speaker-left-out")
    assert (mail.to, mail.language, mail.due) == ("silent@example.org", "fr", NOW + timedelta(hours=1))
    assert token not in mail.text + mail.html
    assert outbox.unwanted([mail], now=NOW) == set()
    page = client.get(f"/invitation/{token}/")
    assert (page.status_code, "took the invitation back" in page.content.decode()) == (200, True)
    assert [one["email"] for one in answers.speakers_of(answers.read(proposal))] == [AWA]
    client.force_login(proposal.proposer)
    assert "silent@example.org" not in client.get(f"/2020/proposals/{proposal.code}/").content.decode()


def test_who_is_named_again_is_asked_again(proposal):
    say(asked(proposal, "silent@example.org"))
    Message.objects.all().delete()
    speakers = named(*answers.speakers_of(answers.read(proposal)))
    leave_out(proposal, "silent@example.org")
    submission.save(proposal, by=proposal.proposer, step="speakers", data=speakers, now=NOW)
    mail = Message.objects.get(kind="speaker-left-out")

    assert outbox.unwanted([mail], now=NOW) == {mail.pk}
    submission.submit(proposal, by=proposal.proposer, now=NOW)

    assert asked(proposal, "silent@example.org").state == "invited"
    assert "silent@example.org" in told("speaker-invited")


def test_who_asked_is_told_of_a_no(proposal):
    editor = confirmed()
    proposal.editors.add(editor)

    say(asked(proposal), is_accepted=False)
    say(asked(proposal))
    say(asked(proposal), is_accepted=False)

    mails = {one.to: one for one in Message.objects.filter(kind="speaker-said-no")}
    assert {to: one.language for to, one in mails.items()} == {proposal.proposer.email: "fr", editor.email: "en"}
    assert all("Awa Traoré" in one.text and AWA not in one.text for one in mails.values())
    assert outbox.unwanted(list(mails.values()), now=NOW) == set()
    say(asked(proposal))
    assert outbox.unwanted(list(mails.values()), now=NOW) == {one.pk for one in mails.values()}
