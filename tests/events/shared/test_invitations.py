"""An address is asked five times a day at the most, by whomever, as a speaker or as an editor; the rest waits."""

from datetime import timedelta

import pytest

from events.models import HostedSession, Message
from events.proposals import submission
from events.proposals.collaborators import collaborators
from events.proposals.hosting import panellists
from events.shared import invitations
from events.shared.mail import outbox, sender
from tests.events.proposals.factories import CallFactory, ProposalFactory, fill, speaker
from tests.factories import NOW, SessionFactory, confirmed

pytestmark = pytest.mark.django_db
AWA = "awa@example.org"
DAY = timedelta(days=1)


@pytest.fixture
def call():
    return CallFactory()


def submit(call, *, by=None, email=AWA):
    row = ProposalFactory(forum=call.forum, proposer=by or confirmed(), state="draft", submitted=None)
    return submission.submit(fill(row, speakers=[speaker(email=email)]), by=row.proposer, now=NOW)


def turns(to=AWA):
    return [due - NOW for due in Message.objects.filter(to=to).order_by("pk").values_list("due", flat=True)]


def test_sixth_of_a_day_waits_whoever_asks_for_whatever(call):
    session = SessionFactory(forum=call.forum)
    host = confirmed()
    HostedSession.objects.create(session=session, user=host)
    for _number in range(3):
        submit(call)
    panellists.ask(session, by=host, name="Awa", email=AWA, role="keynote", now=NOW)
    shared = ProposalFactory(forum=call.forum, proposer=host)
    collaborators.invite(shared, email=AWA, by=host, now=NOW)

    submit(call)
    submit(call, email="else@example.org")

    assert (turns(), turns("else@example.org")) == ([timedelta(0)] * 5 + [DAY], [timedelta(0)])


def test_two_a_day_go_out_however_many_wait(call, monkeypatch):
    monkeypatch.setattr(invitations, "MOST_A_DAY", 2)
    for _number in range(5):
        submit(call)

    assert turns() == [timedelta(0)] * 2 + [DAY] * 2 + [2 * DAY]
    assert invitations.turn(AWA, now=NOW + 2 * DAY) == NOW + 2 * DAY
    assert len([one for one in sender.take("bulk", now=NOW) if one.to == AWA]) == 2


def test_cancelled_mails_take_no_turn(call, monkeypatch):
    monkeypatch.setattr(invitations, "MOST_A_DAY", 1)
    submit(call)
    assert invitations.turn(AWA, now=NOW) == NOW + DAY

    outbox.cancel(Message.objects.filter(to=AWA).first(), now=NOW)

    assert invitations.turn(AWA, now=NOW) == NOW
