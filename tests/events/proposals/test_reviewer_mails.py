"""Reviewers hear once, when the call has closed, how many proposals wait for their points."""

from datetime import timedelta

import pytest

from events.models import Message, RefusedMail
from events.proposals import decisions, reviewer_mails
from events.shared.mail import outbox
from tests.events.proposals.factories import CallFactory, ProposalFactory
from tests.factories import NOW, ForumFactory, staff

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def call():
    return CallFactory(closes=NOW)


def reviewer(**values):
    return staff("proposal reviewers", **values)


def wanted():
    rows = list(Message.objects.all())
    return len(rows) - len(outbox.unwanted(rows, now=NOW))


def test_each_reviewer_hears_once_for_a_close_how_many_wait(call):
    person = reviewer(language="fr")
    for _proposal in range(2):
        ProposalFactory(forum=call.forum)
    ProposalFactory(forum=call.forum, proposer=person)  # nobody scores their own
    ProposalFactory(forum=call.forum, state="draft", submitted=None)

    numbers = [reviewer_mails.ask(moment) for moment in (NOW - DAY, NOW, NOW + DAY)]

    mail = Message.objects.get()
    assert (numbers, mail.to, mail.kind, mail.language) == ([0, 1, 0], person.email, "proposals-to-score", "fr")
    assert f"/admin/events/proposal/?forum={call.forum.slug}" in mail.text
    assert "2" in mail.subject


def test_nobody_else_is_asked(call):
    ProposalFactory(forum=call.forum)
    reviewer(forum=ForumFactory(slug="2021"))
    reviewer(is_active=False)
    staff("programme team")
    RefusedMail.objects.create(user=reviewer(), kind="proposals-to-score")

    assert reviewer_mails.ask(NOW) == 0


def test_who_has_nothing_to_score_gets_no_mail_and_old_calls_ask_nobody(call):
    person = reviewer()
    proposal = ProposalFactory(forum=call.forum)
    assert reviewer_mails.ask(NOW + 14 * DAY) == 0
    assert reviewer_mails.ask(NOW) == 1
    assert wanted() == 1

    decisions.score(proposal, by=person, points=3, now=NOW)

    assert wanted() == 0
    Message.objects.all().delete()
    assert reviewer_mails.ask(NOW) == 0
