"""Speakers who answer, hosts who edit their session and report outcomes, late ones who are reminded."""

from datetime import datetime, time, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from events.history import log
from events.mail import outbox
from events.models import (
    Appearance,
    HostedSession,
    Invitation,
    Message,
    Organisation,
    Outcome,
    Proposal,
    Session,
    Speaker,
)
from events.pages import revision
from events.proposals import merging
from events.proposals.hosting import outcome_reminders, session_editing
from events.proposals.speakers import speaker_invitations, speaker_mails
from tests.events.proposals.factories import (
    CallFactory,
    ProposalFactory,
    accept,
    confirmed,
    fill,
    let_go,
    refused,
    staff,
    verbs_of,
)
from tests.factories import NOW, OrganisationFactory, SessionFactory, UserFactory

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4 paper"


# --- speakers ---------------------------------------------------------------------------------------
@pytest.fixture
def proposal():
    row = fill(ProposalFactory(forum=CallFactory().forum, proposer=confirmed()))
    row.invitations.update(invited=NOW)
    return row


@pytest.fixture
def invitation(proposal):
    return proposal.invitations.get()


def answer(invitation, is_accepted=True, *, now=NOW, **words):
    return speaker_invitations.answer(invitation, is_accepted=is_accepted, words=words, now=now)


def test_speaker_says_yes(invitation, proposal):
    row = answer(invitation, biography="Lays cables", name="Dr Awa Traoré")

    assert (row.state, row.answered, row.biography, row.name) == ("accepted", NOW, "Lays cables", "Dr Awa Traoré")
    entries = log.of(proposal).values_list("verb", "reason", "actor")
    assert list(entries) == [("speaker-accepted", "Dr Awa Traoré", None)]
    assert not Speaker.objects.exists()


def test_answer_can_be_changed_until_the_session(invitation, proposal):
    proposal = accept(proposal)
    answer(invitation)
    assert Appearance.objects.get().is_released is False

    answer(invitation, is_accepted=False)
    assert not Appearance.objects.exists()

    answer(invitation)
    Session.objects.update(starts=NOW + timedelta(hours=1), ends=NOW + timedelta(hours=2))
    assert answer(invitation, now=NOW + timedelta(minutes=59)).state == "accepted"
    late = refused(lambda: answer(invitation, is_accepted=False, now=NOW + timedelta(hours=1)))

    assert late == "not-wanted"
    assert (Appearance.objects.count(), Speaker.objects.count()) == (1, 1)
    assert verbs_of(proposal) == [
        "accept-proposal",
        "tell-decision",
        "speaker-accepted",
        "speaker-declined",
        "speaker-accepted",
    ]


@pytest.mark.parametrize("state", ["draft", "declined", "merged", "withdrawn"])
def test_nobody_waits_for_the_answer(invitation, state):
    Proposal.objects.update(state=state)

    assert refused(lambda: answer(invitation)) == "not-wanted"


def test_who_was_not_asked_cannot_answer(invitation):
    Invitation.objects.update(invited=None)

    assert refused(lambda: answer(invitation)) == "not-wanted"


def test_answer_that_cannot_be_kept(invitation):
    assert refused(lambda: answer(invitation, biography="a" * 3001, name="")) == {
        "biography": ["max_length"],
        "name": ["blank"],
    }


def test_no_after_the_session_was_made(invitation, proposal):
    accept(proposal)
    before = revision.current()

    answer(invitation, is_accepted=False)

    assert (Speaker.objects.count(), revision.current()) == (0, before)


def test_same_address_is_the_same_speaker(invitation, proposal):
    accept(proposal)
    answer(invitation, biography="Lays cables")
    other = fill(ProposalFactory(forum=proposal.forum, proposer=confirmed()))
    other.invitations.update(invited=NOW, email="AWA@example.org", is_moderator=True)
    answer(other.invitations.get())

    session = accept(other).session

    speaker = Speaker.objects.get()
    assert (speaker.biography, session.appearances.get().role) == ("Lays cables", "moderator")


def test_released_speaker_who_corrects_is_seen_at_once(invitation, proposal):
    accept(proposal)
    answer(invitation)
    before = revision.current()
    answer(invitation)
    unreleased = revision.current()
    Appearance.objects.update(is_released=True)
    answer(invitation, name="Dr Awa")
    corrected = revision.current()
    answer(invitation, is_accepted=False)

    assert (unreleased - before, corrected - unreleased, revision.current() - corrected) == (0, 1, 1)


def test_same_answer_again_changes_nothing(invitation, proposal):
    accept(proposal)
    answer(invitation, name="Dr Awa")
    Appearance.objects.update(is_released=True)
    before = revision.current()

    for minutes in range(20):
        answer(invitation, name="Dr Awa ", now=NOW + timedelta(minutes=minutes))

    assert (revision.current(), Invitation.objects.get().answered) == (before, NOW)
    assert verbs_of(proposal) == ["accept-proposal", "tell-decision", "speaker-accepted"]


def test_ten_different_answers_within_an_hour(invitation):
    hour = NOW.replace(minute=0)

    def say(number, minutes):
        return answer(invitation, biography=f"Version {number}", now=hour + timedelta(minutes=minutes))

    for number in range(10):
        say(number, number)

    assert refused(lambda: say(10, 59)) == "too-often"
    assert Invitation.objects.get().biography == "Version 9"
    assert say(9, 59).answers_in_hour == 10
    assert say(10, 60).answers_in_hour == 1


def test_answer_makes_one_organisation(invitation, proposal):
    known = OrganisationFactory(name="ITU")
    session = accept(proposal).session
    answer(invitation, organisation_name="Net of Villages")
    count = Organisation.objects.count()

    more = refused(lambda: answer(invitation, organisation_name="Spam 1"))

    assert more == {"organisation_name": ["second-organisation"]}
    assert (Organisation.objects.count(), Invitation.objects.get().organisation_name) == (count, "Net of Villages")
    answer(invitation, organisation_name="itu")
    assert session.appearances.get().speaker.organisation == known
    answer(invitation, organisation_name="")
    assert session.appearances.get().speaker.organisation == known
    answer(invitation, organisation_name="Net of  Villages")
    assert session.appearances.get().speaker.organisation.name == "Net of Villages"


def test_name_that_organisers_corrected_stays(invitation, proposal):
    session = accept(proposal).session
    answer(invitation, organisation_name="Net of Vilages")
    Organisation.objects.filter(name="Net of Vilages").update(name="Net of Villages")

    answer(invitation, biography="Lays cables")

    assert session.appearances.get().speaker.organisation.name == "Net of Villages"
    assert not Organisation.objects.filter(name="Net of Vilages").exists()


def test_nobody_answers_after_the_forum(proposal, invitation):
    Proposal.objects.update(kind="speaker")
    accept(proposal)
    forum = proposal.forum
    end = datetime.combine(forum.ends + timedelta(days=1), time(), tzinfo=forum.zone)

    assert answer(invitation, now=end - timedelta(minutes=1)).state == "accepted"
    assert refused(lambda: answer(invitation, is_accepted=False, now=end)) == "not-wanted"


def test_answer_in_the_moment_of_a_merger_is_sent_again(proposal, invitation):
    """Else the row in hand would take the invitation back to the proposal that was merged."""
    seen = Invitation.objects.select_related("proposal__forum").get()
    target = ProposalFactory(forum=proposal.forum)
    merging.merge(proposal, into=target, by=staff(), now=NOW)
    let_go(proposal)

    assert refused(lambda: answer(seen)) == "outdated"
    now = Invitation.objects.get(pk=seen.pk)
    assert (now.proposal, now.state) == (target, "invited")
    assert answer(now).state == "accepted"
    assert Invitation.objects.get(pk=seen.pk).proposal == target
    Invitation.objects.all().delete()
    assert refused(lambda: answer(seen)) == "outdated"


def test_waiting_invitations_that_nobody_wants(proposal, invitation):
    speaker_mails.write_invitation(invitation, now=NOW)
    message = Message.objects.get()
    assert outbox.unwanted([message], now=NOW) == set()

    Invitation.objects.update(state="declined")
    assert outbox.unwanted([message], now=NOW) == {message.pk}

    Invitation.objects.update(state="invited")
    Proposal.objects.update(state="withdrawn")
    assert outbox.unwanted([message], now=NOW) == {message.pk}


# --- hosts ------------------------------------------------------------------------------------------
@pytest.fixture
def host():
    return UserFactory()


@pytest.fixture
def session(host):
    row = SessionFactory(title="Fibre", description="Cables")
    CallFactory(forum=row.forum, details_until=NOW + timedelta(hours=2))
    HostedSession.objects.create(session=row, user=host, organisation=OrganisationFactory())
    ProposalFactory(forum=row.forum, session=row, state="accepted", proposer=host)
    return row


def edit(session, by, *, now=NOW, **words):
    return session_editing.edit(session, by=by, **({"title": "Fibre", "description": "More"} | words), now=now)


def test_host_edits_the_text(session, host):
    before = revision.current()

    edit(session, host, title=" Fibre! ")

    row = Session.objects.get()
    assert (row.title, row.description, row.sequence) == ("Fibre!", "More", 0)
    assert revision.current() == before + 1
    assert verbs_of(row.proposal) == ["edit-session"]


def test_text_of_a_draft_changes_no_public_page(session, host):
    Session.objects.update(state="draft", starts=None, ends=None)
    before = revision.current()

    edit(session, host)

    assert revision.current() == before


def test_nothing_new_is_nothing(session, host):
    before = revision.current()

    edit(session, host, description="Cables")

    assert (revision.current(), verbs_of(session.proposal)) == (before, [])


def test_editing_is_refused(session, host):
    long = {"title": ["max_length"], "description": ["max_length"]}
    assert refused(lambda: edit(session, UserFactory())) == "not-yours"
    assert refused(lambda: edit(session, host, now=NOW + timedelta(hours=2))) == "too-late"
    assert refused(lambda: edit(session, host, seen="other")) == "outdated"
    assert refused(lambda: edit(session, host, title="a" * 251, description="a" * 10_001)) == long
    assert edit(session, host, seen=session_editing.digest(session)).description == "More"
    Session.objects.update(state="cancelled")
    assert refused(lambda: edit(session, host, title="New")) == "too-late"


def test_withdrawn_proposal_ends_it(session, host):
    paper = session_editing.add_document(session, by=host, title="Paper", file=file(), now=NOW)
    Proposal.objects.update(state="withdrawn")

    assert refused(lambda: edit(session, host)) == "wrong-state"
    assert (
        refused(lambda: session_editing.add_document(session, by=host, title="More", file=file(), now=NOW))
        == "wrong-state"
    )
    assert (
        refused(lambda: session_editing.remove_document(session, by=host, document=paper.pk, now=NOW)) == "wrong-state"
    )
    assert Session.objects.get().description == "Cables"


def test_without_a_date_the_start_ends_it(session):
    assert session_editing.is_editable(session, call=None, now=session.starts - timedelta(seconds=1))
    assert not session_editing.is_editable(session, call=None, now=session.starts)
    session.starts = None
    assert session_editing.is_editable(session, call=None, now=NOW)


def file(content=PDF, name="paper.pdf"):
    return SimpleUploadedFile(name, content)


def test_documents(session, host, django_capture_on_commit_callbacks):
    document = session_editing.add_document(session, by=host, title="Paper", file=file(), now=NOW)
    name, storage = document.file.name, document.file.storage
    assert storage.exists(name)

    with django_capture_on_commit_callbacks(execute=True):
        session_editing.remove_document(session, by=host, document=document.pk, now=NOW)

    assert not storage.exists(name)
    gone = lambda: session_editing.remove_document(session, by=host, document=document.pk, now=NOW)  # noqa: E731
    assert refused(gone) == "not-there"


def test_documents_are_refused(session, host):
    page = file(b"<html>", "paper.pdf")

    wrong = refused(lambda: session_editing.add_document(session, by=host, title="", file=page, now=NOW))
    session.documents.bulk_create(
        [session.documents.model(session=session, title=str(n), file=ContentFile(PDF, "a.pdf")) for n in range(10)]
    )
    many = refused(lambda: session_editing.add_document(session, by=host, title="X", file=file(), now=NOW))

    assert (wrong, many) == ({"title": ["blank"], "file": ["file-type"]}, "too-many")


# --- outcomes ---------------------------------------------------------------------------------------
def report(session, by, *, now, **words):
    values = {"kind": "launch", "title": "A network", "text": "Launched"} | words
    return session_editing.report_outcome(session, by=by, **values, now=now)


def test_outcome_waits_for_an_organiser(session, host):
    outcome = report(session, host, now=session.ends)

    assert (outcome.is_public, outcome.forum, outcome.organisations.count()) == (False, session.forum, 1)
    before = revision.current()
    organiser = staff()
    assert session_editing.publish_outcome(outcome, by=organiser, now=session.ends).is_public
    assert revision.current() == before + 1
    assert refused(lambda: session_editing.publish_outcome(outcome, by=organiser, now=NOW)) == "wrong-state"
    assert verbs_of(session.proposal) == ["report-outcome", "publish-outcome"]


def test_outcome_of_no_session_and_of_a_host_without_an_organisation(session, host):
    HostedSession.objects.update(organisation=None)
    assert report(session, host, now=session.ends).organisations.count() == 0

    Outcome.objects.update(session=None)
    assert session_editing.publish_outcome(Outcome.objects.get(), by=staff(), now=NOW).is_public


def test_session_without_a_proposal(session, host):
    Proposal.objects.all().delete()

    assert report(session, host, now=session.ends).title == "A network"


def test_outcomes_are_refused(session, host):
    over = session.ends
    assert refused(lambda: report(session, UserFactory(), now=over)) == "not-yours"
    assert refused(lambda: report(session, host, now=over - timedelta(seconds=1))) == "too-early"
    assert refused(lambda: report(session, host, now=over, kind="party", title="")) == {
        "kind": ["invalid_choice"],
        "title": ["blank"],
    }
    Outcome.objects.bulk_create(
        [Outcome(forum=session.forum, session=session, kind="launch", title=str(n)) for n in range(20)]
    )
    assert refused(lambda: report(session, host, now=over)) == "too-many"
    Session.objects.update(state="cancelled")
    assert refused(lambda: report(session, host, now=over)) == "wrong-state"


# --- late outcomes ----------------------------------------------------------------------------------
def test_late_hosts_are_reminded_once(session, host):
    late = session.ends + timedelta(days=7)

    counts = [
        outcome_reminders.remind(late - timedelta(seconds=1)),
        outcome_reminders.remind(late),
        outcome_reminders.remind(late),
    ]

    assert counts == [0, 1, 0]
    message = Message.objects.get()
    assert (message.kind, message.to, message.state) == ("outcome-late", host.email, "queued")
    assert f"/2020/hosted/{session.code}/" in message.text
    assert outbox.unwanted([message], now=late) == set()
    report(session, host, now=late)
    assert outbox.unwanted([message], now=late) == {message.pk}


@pytest.mark.parametrize(
    "change",
    [
        {"state": "cancelled"},
        {"is_sample": True},
        {"ends": NOW - timedelta(days=90), "starts": NOW - timedelta(days=91)},
    ],
)
def test_sessions_nobody_is_reminded_of(session, change):
    Session.objects.update(**change)

    assert outcome_reminders.remind(session.ends + timedelta(days=8)) == 0


def test_who_has_reported_is_not_reminded(session, host):
    report(session, host, now=session.ends)

    assert outcome_reminders.remind(session.ends + timedelta(days=8)) == 0


def test_reminders_in_a_fixed_number_of_queries(session, django_assert_num_queries):
    now = session.ends + timedelta(days=8)
    outcome_reminders.remind(now)

    with django_assert_num_queries(2):
        outcome_reminders.remind(now)
