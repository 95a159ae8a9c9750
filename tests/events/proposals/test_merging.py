"""Merging: decided first, handed over once the mails that tell of it are let go."""

import pytest

from events.models import Invitation, Message, Proposal
from events.proposals import decisions, merging
from events.proposals.form import answers as proposal_answers
from events.shared.admin import shown_history
from events.shared.mail import outbox
from tests.events.proposals.factories import (
    CallFactory,
    ProposalFactory,
    drafts,
    fill,
    let_go,
    speaker,
    staff,
    verbs_of,
)
from tests.factories import NOW, ForumFactory, SDGFactory, confirmed
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser():
    return staff()


@pytest.fixture
def target():
    return fill(ProposalFactory(forum=CallFactory().forum, proposer=confirmed(language="fr")))


@pytest.fixture
def other(target):
    row = fill(
        ProposalFactory(forum=target.forum, proposer=confirmed()),
        title="Cables",
        organisation_name="Cable Union",
        co_organisers=["Village Net", "Sea Net"],
        speakers=[speaker(name="The same"), speaker(name="Ben", email="ben@example.org")],
    )
    row.invitations.update(invited=NOW)
    return row


def decide(row, into, **more):
    return merging.merge(row, into=into, by=staff(), now=NOW, **more)


def merged(row, into):
    decide(row, into)
    return let_go(row)


def test_merger_is_decided_and_dropped_with_its_mail(other, target, organiser):
    merging.merge(other, into=target, by=organiser, text="Together", now=NOW)

    row, into = Proposal.objects.get(pk=other.pk), Proposal.objects.get(pk=target.pk)
    assert (row.state, row.pending_state, row.merged_into) == ("submitted", "merged", target)
    assert (into.co_organisers, into.editors.count(), verbs_of(into)) == (["Village Net"], 0, [])
    gone, joined = drafts(row)
    assert (gone.kind, gone.to, "Fibre for the north" in gone.text) == ("proposal-merged", other.proposer.email, True)
    assert (joined.kind, joined.to) == ("proposal-joined", target.proposer.email)
    assert ("Cables" in joined.text, "Together" in joined.text) == (True, False)
    outbox.cancel(joined, now=NOW)
    assert Proposal.objects.get(pk=other.pk).pending_state == "merged"
    outbox.cancel(gone, now=NOW)
    row.refresh_from_db()
    assert (row.state, row.pending_state, row.merged_into, target.editors.count()) == ("submitted", "", None, 0)


@pytest.mark.parametrize("is_of_one_person", [True, False])
def test_merger_is_handed_over_once_it_is_told(other, target, is_of_one_person):
    """The merged one reads as before; who is asked twice is one person, who was left out stays out."""
    friend = confirmed()
    other.editors.add(friend)
    other.invitations.create(name="Gone", email="gone@example.org", invited=NOW, state="taken_back")
    if is_of_one_person:
        Proposal.objects.filter(pk=other.pk).update(proposer=target.proposer)
    other.invitations.filter(name="Ben").update(state="accepted")
    link, was = other.invitations.get(name="Ben").token, proposal_answers.read(other)

    row = merged(other, target)

    into = Proposal.objects.get(pk=target.pk)
    assert (row.state, row.pending_state, into.state) == ("merged", "", "submitted")
    assert into.co_organisers == ["Village Net", "Cable Union", "Sea Net"]
    assert [one.name for one in into.invitations.all()] == ["Awa Traoré", "Ben"]
    assert set(into.editors.all()) == ({friend} if is_of_one_person else {friend, other.proposer})
    assert (verbs_of(row), verbs_of(into)) == (["merge-proposal", "tell-decision"], ["merge-other"])
    assert (proposal_answers.read(row), into.invitations.get(name="Ben").token) == (was, link)
    assert row.invitations.get(name="Ben").state == "accepted"


@pytest.mark.parametrize(
    ("there", "here", "state", "name"),
    [
        ("invited", "accepted", "accepted", "The same"),
        ("declined", "accepted", "declined", "Awa Traoré"),
        ("accepted", "accepted", "accepted", "Awa Traoré"),
        ("invited", "invited", "invited", "Awa Traoré"),
    ],
)
def test_yes_to_the_merged_proposal_is_not_lost(other, target, there, here, state, name):
    target.invitations.update(invited=NOW, state=there)
    same = other.invitations.filter(email="awa@example.org")
    same.update(state=here, answered=NOW, biography="Of my own", email="AWA@example.org")

    merged(other, target)

    found = target.invitations.get(email="awa@example.org")
    assert (found.state, found.name, found.biography == "Of my own") == (state, name, name == "The same")


def test_reasons_go_along(other, target):
    line, goal = target.links.get(sdg=None).action_line, SDGFactory(number=4)
    target.links.filter(sdg=None).update(rationale="")
    other.links.all().delete()
    other.links.create(action_line=line, rationale="It lays more cables")
    other.links.create(sdg=target.links.get(action_line=None).sdg, rationale="Not this one")
    other.links.create(sdg=goal, rationale="It teaches")

    merged(other, target)

    assert set(target.links.values_list("rationale", flat=True)) == {"It lays more cables", "It builds", "It teaches"}


@pytest.mark.parametrize("is_target", [True, False])
def test_points_of_the_people_of_both_do_not_count(other, target, is_target):
    reviewer = staff("proposal reviewers")
    Proposal.objects.filter(pk=(target if is_target else other).pk).update(proposer=reviewer)
    judged = other if is_target else target
    decisions.score(judged, by=reviewer, points=5, now=NOW)

    merged(other, target)
    target.editors.clear()

    assert not judged.reviews.exists()
    assert refused(decisions.comment, judged, by=reviewer, text="x", now=NOW) == "own-proposal"


# --- together with a decision on the other ----------------------------------------------------------
def test_merger_is_told_before_what_is_decided_of_the_other(other, target, organiser):
    """Whoever joins learns of it together with the people who are there."""
    decide(other, target)
    decisions.accept(target, by=organiser, text="Welcome", now=NOW)
    (acceptance,) = drafts(target)

    assert refused(outbox.queue, acceptance, now=NOW) == "merge-waits"
    let_go(other)
    assert {one.to for one in drafts(target)} == {target.proposer.email, other.proposer.email}
    assert all("Welcome" in one.text for one in drafts(target))

    session = let_go(target).session

    assert {host.user for host in session.hosts.all()} == {target.proposer, other.proposer}


def test_nothing_joins_what_is_over(other, target):
    decide(other, target)
    Proposal.objects.filter(pk=target.pk).update(state="withdrawn")

    assert refused(let_go, other) == "wrong-state"
    assert Proposal.objects.get(pk=other.pk).state == "submitted"


def test_mails_are_sent_while_it_holds(other, target):
    merged(other, target)
    mails = list(Message.objects.filter(kind__in=["proposal-merged", "proposal-joined"]))
    assert (len(mails), outbox.unwanted(mails, now=NOW)) == (2, set())

    Proposal.objects.filter(pk=target.pk).update(state="declined")

    assert outbox.unwanted(mails, now=NOW) == {one.pk for one in mails if one.kind == "proposal-joined"}


@pytest.mark.parametrize("whose", ["source", "target", "nobody's"])
def test_history_does_not_tell_its_people_before_the_mails_do(other, target, whose):
    reader = staff()
    if whose != "nobody's":
        Proposal.objects.filter(pk=(other if whose == "source" else target).pk).update(proposer=reader)
    decide(other, target)

    assert shown_history.readable(reader).filter(verb="merge-proposal").exists() == (whose == "nobody's")


# --- refusals ---------------------------------------------------------------------------------------
def test_merger_has_no_more_speakers_than_a_session(other, target):
    """Two with the same address are one, and who said no is none."""
    people = [Invitation(proposal=target, email=f"{n}@example.org", name="x", invited=NOW) for n in range(11)]
    Invitation.objects.bulk_create(people)

    full = refused(decide, other, target)
    Invitation.objects.filter(pk=people[0].pk).update(state="declined")

    decide(other, target)

    assert (full, Proposal.objects.get(pk=other.pk).merged_into) == ("too-many", target)


def test_merging_is_refused(target, organiser):
    theme = ProposalFactory(forum=target.forum, kind="theme")
    elsewhere = ProposalFactory(forum=ForumFactory(slug="2021"))
    done = ProposalFactory(forum=target.forum, state="accepted")
    decided = ProposalFactory(forum=target.forum, pending_state="declined")
    own = ProposalFactory(forum=target.forum, proposer=organiser)

    found = [refused(decide, target, into) for into in (target, theme, elsewhere, done, decided)]

    assert found == ["not-mergeable", "not-mergeable", "not-mergeable", "wrong-state", "wrong-state"]
    assert refused(decide, done, target) == "wrong-state"
    for row, into in ((target, own), (own, target)):
        assert refused(merging.merge, row, into=into, by=organiser, now=NOW) == "own-proposal"
