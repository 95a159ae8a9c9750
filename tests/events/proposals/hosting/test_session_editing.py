"""Speakers who answer, and hosts who edit their session."""

from datetime import datetime, time, timedelta
from itertools import pairwise

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from events.models import (
    Appearance,
    HostedSession,
    Invitation,
    Organisation,
    Proposal,
    Session,
    Speaker,
)
from events.proposals.hosting import session_editing
from events.proposals.speakers import speaker_invitations
from events.shared.history import log
from events.shared.pages import revision
from tests.events.proposals.factories import CallFactory, ProposalFactory, accept, fill, verbs_of
from tests.factories import NOW, OrganisationFactory, SessionFactory, UserFactory, confirmed
from tests.files import PDF
from tests.refusals import refused

pytestmark = pytest.mark.django_db


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
    return speaker_invitations.answer(invitation, is_accepted=is_accepted, **words, now=now)


def test_answers_that_cannot_be(invitation):
    wrong = refused(answer, invitation, biography="a" * 3001, name="")
    assert wrong == {"biography": ["max_length"], "name": ["blank"]}
    for state in ("draft", "declined", "merged", "withdrawn"):
        Proposal.objects.update(state=state)
        assert refused(answer, invitation) == "not-wanted"
    Proposal.objects.update(state="submitted")
    Invitation.objects.update(invited=None)
    assert refused(answer, invitation) == "not-wanted"
    Invitation.objects.all().delete()
    assert refused(answer, invitation) == "outdated"


def test_speaker_says_yes_and_changes_words(invitation, proposal):
    row = answer(invitation, biography="Lays cables", name="Dr Awa Traoré")
    assert (row.state, row.answered, row.biography, row.name) == ("accepted", NOW, "Lays cables", "Dr Awa Traoré")
    assert list(log.of(proposal).values_list("verb", "reason", "actor")) == [
        ("speaker-accepted", "Dr Awa Traoré", None)
    ]
    assert not Speaker.objects.exists()

    accept(proposal)
    before = [revision.current()]
    for minutes in range(20):  # the same answer again changes nothing
        answer(invitation, name="Dr Awa Traoré ", now=NOW + timedelta(minutes=minutes))
    before.append(revision.current())
    Appearance.objects.update(is_released=True)
    answer(invitation, name="Dr Awa")
    before.append(revision.current())
    answer(invitation, is_accepted=False)
    before.append(revision.current())

    assert [after - was for was, after in pairwise(before)] == [0, 1, 1]
    assert verbs_of(proposal)[1:] == ["accept-proposal", "tell-decision", "speaker-declined"]


def test_answer_can_be_changed_until_the_session(invitation, proposal):
    proposal, found = accept(proposal), []
    for is_accepted in (True, False, True):
        answer(invitation, is_accepted)
        found.append(list(Appearance.objects.values_list("is_released", flat=True)))
    Session.objects.update(starts=NOW + timedelta(hours=1), ends=NOW + timedelta(hours=2))

    assert found == [[False], [], [False]]
    assert answer(invitation, now=NOW + timedelta(minutes=59)).state == "accepted"
    late = refused(answer, invitation, is_accepted=False, now=NOW + timedelta(hours=1))
    assert (late, Appearance.objects.count(), Speaker.objects.count()) == ("not-wanted", 1, 1)
    assert verbs_of(proposal)[2:] == ["speaker-accepted", "speaker-declined", "speaker-accepted"]


def test_ten_different_answers_within_an_hour(invitation):
    hour = NOW.replace(minute=0)

    def say(number, minutes):
        return answer(invitation, biography=f"Version {number}", now=hour + timedelta(minutes=minutes))

    for number in range(10):
        say(number, number)

    assert refused(say, 10, 59) == "too-often"
    assert Invitation.objects.get().biography == "Version 9"
    assert say(9, 59).answers_in_hour == 10
    assert say(10, 60).answers_in_hour == 1


def test_answer_makes_one_organisation(invitation, proposal):
    known = OrganisationFactory(name="ITU")
    session = accept(proposal).session
    answer(invitation, organisation_name="Net of Villages")
    count = Organisation.objects.count()

    more = refused(answer, invitation, organisation_name="Spam 1")

    assert more == {"organisation_name": ["second-organisation"]}
    assert (Organisation.objects.count(), Invitation.objects.get().organisation_name) == (count, "Net of Villages")
    answer(invitation, organisation_name="itu")
    assert session.appearances.get().speaker.organisation == known
    answer(invitation, organisation_name="")
    assert session.appearances.get().speaker.organisation == known
    answer(invitation, organisation_name="Net of  Villages")
    assert session.appearances.get().speaker.organisation.name == "Net of Villages"
    Organisation.objects.filter(name="Net of Villages").update(name="The Net")  # as organisers correct it
    answer(invitation, biography="Lays cables")
    assert session.appearances.get().speaker.organisation.name == "The Net"


def test_nobody_answers_after_the_forum(proposal, invitation):
    Proposal.objects.update(kind="speaker")
    accept(proposal)
    forum = proposal.forum
    end = datetime.combine(forum.ends + timedelta(days=1), time(), tzinfo=forum.zone)

    assert answer(invitation, now=end - timedelta(minutes=1)).state == "accepted"
    assert refused(answer, invitation, is_accepted=False, now=end) == "not-wanted"


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
    revisions = [revision.current()]
    edit(session, host, title=" Fibre! ")
    revisions.append(revision.current())
    row = Session.objects.get()
    edit(session, host, title="Fibre!")  # nothing new
    revisions.append(revision.current())
    Session.objects.update(state="draft", starts=None, ends=None)
    edit(session, host, description="Not public yet")

    assert (row.title, row.description, row.sequence) == ("Fibre!", "More", 0)
    assert [one - revisions[0] for one in (*revisions, revision.current())] == [0, 1, 1, 1]
    assert verbs_of(row.proposal) == ["edit-session"] * 2


def test_editing_is_refused(session, host):
    long = {"title": ["max_length"], "description": ["max_length"]}
    assert refused(edit, session, UserFactory()) == "not-yours"
    assert refused(edit, session, host, now=NOW + timedelta(hours=2)) == "too-late"
    assert refused(edit, session, host, seen="other") == "outdated"
    assert refused(edit, session, host, title="a" * 251, description="a" * 10_001) == long
    assert edit(session, host, seen=session_editing.digest(session)).description == "More"
    Session.objects.update(state="cancelled")
    assert refused(edit, session, host, title="New") == "too-late"


def test_without_a_date_the_start_ends_it(session):
    assert session_editing.is_editable(session, call=None, now=session.starts - timedelta(seconds=1))
    assert not session_editing.is_editable(session, call=None, now=session.starts)
    session.starts = None
    assert session_editing.is_editable(session, call=None, now=NOW)


def test_documents(session, host, django_capture_on_commit_callbacks):
    def file(content=PDF):
        return SimpleUploadedFile("paper.pdf", content)

    def add(**more):
        return session_editing.add_document(session, by=host, **{"title": "Paper", "file": file()} | more, now=NOW)

    def remove():
        session_editing.remove_document(session, by=host, document=document.pk, now=NOW)

    assert refused(add, title="", file=file(b"<html>")) == {"title": ["blank"], "file": ["file-type"]}
    document = add()
    name, storage = document.file.name, document.file.storage
    Proposal.objects.update(state="withdrawn")
    assert [refused(one) for one in (add, remove, lambda: edit(session, host))] == ["wrong-state"] * 3
    Proposal.objects.update(state="accepted")
    more = [session.documents.model(session=session, title=str(n), file=name) for n in range(9)]
    session.documents.bulk_create(more)
    assert (refused(add), storage.exists(name)) == ("too-many", True)

    with django_capture_on_commit_callbacks(execute=True):
        remove()

    assert (storage.exists(name), refused(remove)) == (False, "not-there")
