"""Who edits a session: organisers add and take away accounts, and the person is told."""

import pytest
from allauth.account.models import EmailAddress

from events.models import HostedSession, Message
from events.proposals.hosting import hosts, panellists, session_editing
from events.shared.mail import outbox
from tests.events.proposals.factories import ProposalFactory, staff, verbs_of
from tests.factories import NOW, OrganisationFactory, SessionFactory, UserFactory, confirmed
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    row = SessionFactory(title="Fibre")
    ProposalFactory(forum=row.forum, session=row, state="accepted")
    return row


@pytest.fixture
def person():
    return confirmed(language="fr")


def add(session, user, *, by=None):
    return hosts.add(session, user=user, organisation=OrganisationFactory(), by=by or staff(), now=NOW)


def test_added_account_edits_the_session_and_is_told_once(session, person):
    assert add(session, person) == add(session, person)

    assert session_editing.edit(session, by=person, title="Fibre!", description="", now=NOW).title == "Fibre!"
    mail = Message.objects.get()
    assert (mail.kind, mail.to, mail.language, mail.state) == ("session-host", person.email, "fr", "queued")
    assert f"/2020/hosted/{session.code}/" in mail.text
    assert verbs_of(session.proposal) == ["add-host", "edit-session"]


def test_removed_account_edits_nothing_and_its_mail_is_not_sent(session, person):
    host = add(session, person)
    mail = Message.objects.get()
    assert outbox.unwanted([mail], now=NOW) == set()

    hosts.remove(host, by=staff(), now=NOW)
    hosts.remove(host, by=staff(), now=NOW)

    assert outbox.unwanted([mail], now=NOW) == {mail.pk}
    assert refused(session_editing.edit, session, by=person, title="X", description="", now=NOW) == "not-yours"
    asked = lambda: panellists.ask(session, by=person, name="x", email="x@example.org", role="speaker", now=NOW)  # noqa: E731
    assert refused(asked) == "not-yours"
    assert verbs_of(session.proposal) == ["add-host", "remove-host"]


def test_others_may_not(session, person):
    host = add(session, person)

    for group in ("proposal reviewers", "registration desk", "prize officers"):
        assert refused(add, session, confirmed(), by=staff(group)) == "not-allowed"
        assert refused(hosts.remove, host, by=staff(group), now=NOW) == "not-allowed"
    assert list(HostedSession.objects.all()) == [host]


def test_accounts_are_found_by_an_address_that_is_confirmed(session, person):
    other = UserFactory()
    EmailAddress.objects.create(user=other, email=other.email, verified=False, primary=True)
    EmailAddress.objects.create(user=person, email="second@example.org", verified=True)
    gone = confirmed(is_active=False)

    assert hosts.account_of(session, email=f" {person.email.upper()}") == person
    assert hosts.account_of(session, email="second@example.org") == person
    for address in (other.email, gone.email, "nobody@example.org", ""):
        assert refused(hosts.account_of, session, email=address) == "no-account"
    add(session, person)
    assert refused(hosts.account_of, session, email=person.email) == "already-there"
