"""The panel of a session: hosts ask by mail, who says yes comes with the next release, who is taken out goes with it."""

from datetime import timedelta

import pytest

from events.models import Appearance, HostedSession, Invitation, Message, Proposal, Session, Speaker
from events.proposals.hosting import panellists
from events.proposals.speakers import speaker_invitations
from events.schedule.releases import releases
from events.shared.mail import outbox
from events.shared.pages import revision
from tests.events.proposals.factories import CallFactory, ProposalFactory, accept, fill, verbs_of
from tests.factories import NOW, AppearanceFactory, OrganisationFactory, SessionFactory, UserFactory, confirmed
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def host():
    return UserFactory(language="fr")


@pytest.fixture
def session(host):
    row = SessionFactory(title="Fibre")
    CallFactory(forum=row.forum, details_until=NOW + timedelta(hours=2))
    HostedSession.objects.create(session=row, user=host, organisation=OrganisationFactory(name="Village Net"))
    ProposalFactory(forum=row.forum, session=row, state="accepted", proposer=host)
    return row


def ask(session, by, *, now=NOW, **values):
    wanted = {"name": "Ben Ali", "email": "ben@example.org", "role": "keynote"} | values
    return panellists.ask(session, by=by, **wanted, now=now)


def answer(invitation, is_accepted=True, *, now=NOW, **words):
    return speaker_invitations.answer(invitation, is_accepted=is_accepted, **words, now=now)


def shown(session):
    """Whom the public sees on the panel."""
    return [one.speaker.name for one in session.appearances.released()]


def release(session):
    return releases.release(session.forum, note="", by=None, now=NOW)


# --- asking -----------------------------------------------------------------------------------------
def test_panellist_is_asked_by_mail_and_nobody_is_named_before_the_yes(session, host):
    found = ask(session, host, name=" Ben  Ali ", email=" BEN@example.org", position="Chair")

    assert (found.name, found.email, found.role, found.state) == ("Ben Ali", "ben@example.org", "keynote", "invited")
    assert (found.invited, Speaker.objects.exists()) == (NOW, False)
    mail = Message.objects.get()
    assert (mail.kind, mail.to, mail.language, mail.state) == ("speaker-invited", "ben@example.org", "fr", "queued")
    assert (mail.is_secret, f"/invitation/{found.token}/" in mail.text, "Village Net" in mail.text) == (True,) * 3
    assert verbs_of(session.proposal) == ["ask-panellist"]


def test_yes_comes_before_the_public_with_the_next_release(session, host):
    invitation = ask(session, host, organisation_name="Net")
    answer(invitation, is_accepted=False)
    assert not Speaker.objects.exists()
    assert refused(ask, session, host) == {"email": ["said-no"]}  # only the person changes it

    answer(invitation, name="Dr Ben Ali", biography="Lays cables")

    one = session.appearances.get()
    assert (one.speaker.biography, one.speaker.organisation.name) == ("Lays cables", "Net")
    assert (one.role, one.is_released, shown(session)) == ("keynote", False, [])
    assert release(session).changes[0]["kind"] == "joined"
    assert shown(session) == ["Dr Ben Ali"]
    assert verbs_of(session.proposal) == ["ask-panellist", "speaker-declined", "speaker-accepted"]
    answer(invitation, is_accepted=False)
    assert shown(session) == []  # at once


@pytest.mark.parametrize(
    ("name", "connected", "names"),
    [
        ("ben ali", "", ["ben ali"]),
        ("Prof Ben", "", ["Ben Ali", "Prof Ben"]),  # two of one office
        ("Prof Ben", "both", ["Prof Ben"]),
        ("Ben Ali", "second", ["Ben Ali", "Ben Ali"]),
    ],
)
def test_same_address_is_the_same_speaker_where_name_or_account_is_the_same(host, name, connected, names):
    session, ben = SessionFactory(), confirmed()
    HostedSession.objects.create(session=session, user=host)
    asked = answer(ask(session, host))
    assert "WSIS Forum 2020" in Message.objects.get().text
    Speaker.objects.update(account={"both": ben, "second": confirmed()}.get(connected))
    proposal = fill(ProposalFactory(forum=CallFactory(forum=session.forum).forum, proposer=confirmed()))
    own = {"account": ben if connected else None, "email": "BEN@example.org"}
    proposal.invitations.update(invited=NOW, is_moderator=True, **own)
    answer(proposal.invitations.get(), name=name, by=own["account"])

    accepted = accept(proposal).session

    assert sorted(one.name for one in Speaker.objects.all()) == names
    asked.refresh_from_db()
    assert (session.appearances.get().speaker, accepted.appearances.get().role) == (asked.speaker, "moderator")
    assert asked.speaker.name == names[0]


def test_who_is_asked_in_the_place_of_another_of_the_address_is_another_speaker(session, host):
    ben = answer(ask(session, host)).speaker
    panellists.remove(session, by=host, appearance=session.appearances.get().pk, now=NOW)

    assert answer(ask(session, host, name="Cleo Park")).speaker != ben
    assert list(Speaker.objects.values_list("name", flat=True)) == ["Ben Ali", "Cleo Park"]


def test_asking_is_refused(session, host):
    assert refused(ask, session, UserFactory()) == "not-yours"
    assert refused(ask, session, host, now=NOW + timedelta(hours=2)) == "too-late"
    wrong = refused(ask, session, host, name="", email="ben", role="king")
    assert wrong == {"name": ["blank"], "email": ["invalid"], "role": ["invalid_choice"]}
    ask(session, host)
    assert refused(ask, session, host, email="Ben@Example.org") == {"email": ["already-there"]}
    session.proposal.invitations.create(name="Cleo", email="Cleo@example.org", invited=NOW)
    assert refused(ask, session, host, email="cleo@example.org") == {"email": ["already-there"]}
    Proposal.objects.update(state="withdrawn")
    assert refused(ask, session, host, email="x@example.org") == "wrong-state"
    assert Invitation.objects.count() == 2


@pytest.mark.parametrize(("on_panel", "asked"), [(10, 2), (0, 40)])
def test_too_many_panellists_or_too_many_asked_ever(session, host, on_panel, asked):
    AppearanceFactory.create_batch(on_panel, session=session)
    AppearanceFactory(session=session, is_leaving=True)
    more = {"name": "x", "invited": NOW, "state": "invited" if on_panel else "taken_back"}
    rows = [Invitation(session=session, email=f"{n}@example.org", **more) for n in range(asked - 1)]
    Invitation.objects.bulk_create(rows)
    ask(session, host, email="last@example.org")

    assert refused(ask, session, host, email="more@example.org") == ("too-many" if on_panel else "too-many-asked")


def test_yes_is_refused_where_the_panel_is_full_by_now(session, host):
    asked = ask(session, host)
    AppearanceFactory.create_batch(12, session=session)

    assert refused(answer, asked) == "too-many"
    assert Invitation.objects.get().state == "invited"


# --- taking back ------------------------------------------------------------------------------------
def test_invitation_taken_back_cannot_be_answered_nor_is_its_mail_sent(session, host):
    invitation, mail = ask(session, host), Message.objects.get()
    other = Invitation.objects.create(session=SessionFactory(), name="x", email="x@example.org", invited=NOW)
    back = lambda one: panellists.take_back(session, by=host, invitation=one.pk, now=NOW)  # noqa: E731
    assert outbox.unwanted([mail], now=NOW) == set()

    back(invitation)

    assert outbox.unwanted([mail], now=NOW) == {mail.pk}
    assert refused(answer, invitation) == "not-wanted"
    assert [refused(back, one) for one in (invitation, other)] == ["not-there", "not-there"]
    assert verbs_of(session.proposal) == ["ask-panellist", "take-back-panellist"]


def test_asked_again_with_the_same_link_and_one_mail_a_day(session, host):
    first = ask(session, host)
    panellists.take_back(session, by=host, invitation=first.pk, now=NOW)

    second = ask(session, host, name="Ben A.")
    panellists.take_back(session, by=host, invitation=first.pk, now=NOW)
    ask(session, host, now=NOW + timedelta(hours=1))
    HostedSession.objects.get().session.forum.call.delete()
    panellists.take_back(session, by=host, invitation=first.pk, now=NOW)
    ask(session, host, now=NOW + timedelta(hours=14))

    assert (second.pk, second.token) == (first.pk, first.token)
    assert (Invitation.objects.count(), Message.objects.count()) == (1, 2)


# --- leaving ----------------------------------------------------------------------------------------
def test_released_panellist_leaves_with_the_next_release_unless_hosts_change_their_mind(session, host):
    answer(invitation := ask(session, host))
    release(session)
    found, other, before = session.appearances.get(), SessionFactory(forum=session.forum), revision.current()
    AppearanceFactory(session=other, speaker__forum=session.forum, is_released=False)
    keep = lambda: panellists.keep(session, by=host, appearance=found.pk, now=NOW)  # noqa: E731

    panellists.remove(session, by=host, appearance=found.pk, now=NOW)

    assert (shown(session), revision.current()) == (["Ben Ali"], before)
    assert refused(answer, invitation) == "not-wanted"  # not by the old link
    assert [one.pk for one in releases.waiting(session.forum)] == [session.pk, other.pk]
    assert ("left", session.code) in [(c.kind, c.code) for c in releases.preview(session.forum).changes]
    mail = Message.objects.get(kind="speaker-left-out")
    keep()
    assert outbox.unwanted([mail], now=NOW) == {mail.pk}
    assert (refused(keep), verbs_of(session.proposal)[-2:]) == ("not-there", ["remove-panellist", "keep-panellist"])
    panellists.remove(session, by=host, appearance=found.pk, now=NOW)
    releases.cancel_at_once([other], note="", by=None, now=NOW)
    assert shown(session) == ["Ben Ali"]  # another session's release
    assert sorted(c["kind"] for c in release(session).changes) == ["joined", "left"]
    assert shown(session) == []


def test_who_is_asked_again_before_the_release_stays(session, host):
    invitation = answer(ask(session, host))
    release(session)
    panellists.remove(session, by=host, appearance=session.appearances.get().pk, now=NOW)

    answer(ask(session, host))

    assert (Invitation.objects.count(), session.appearances.get().is_leaving) == (1, False)
    assert invitation.speaker == session.appearances.get().speaker


@pytest.mark.parametrize(("state", "is_released"), [("scheduled", False), ("draft", True)])
def test_whom_the_public_does_not_see_goes_at_once(session, host, state, is_released):
    found = AppearanceFactory(session=session, is_released=is_released)
    Session.objects.update(state=state)

    panellists.remove(session, by=host, appearance=found.pk, now=NOW)

    assert not Appearance.objects.exists()
    other = AppearanceFactory()
    remove = lambda by, row: panellists.remove(session, by=by, appearance=row.pk, now=NOW)  # noqa: E731
    assert [refused(remove, host, row) for row in (found, other)] == ["not-there"] * 2
    assert refused(remove, UserFactory(), other) == "not-yours"
    assert Appearance.objects.get() == other


def test_whom_organisers_took_out_stays_out_when_words_are_corrected(session, host):
    invitation = answer(ask(session, host))
    session.appearances.all().delete()

    answer(invitation, name="Dr Ben")

    assert (Speaker.objects.get().name, session.appearances.count()) == ("Dr Ben", 0)
