"""Nominators hear that their project is a champion or a winner: once, after the embargo, with the certificate."""

from datetime import timedelta

import pytest

from events.models import Message, RefusedMail
from events.shared.mail import outbox
from prizes.models import Nomination
from prizes.results import certificates, result_mails
from tests.factories import NOW
from tests.prizes.counted import announced, counted, crown
from tests.prizes.factories import nominees_of

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=2)


@pytest.fixture
def edition():
    edition = counted()
    crown(edition)
    Nomination.objects.update(is_sample=False)
    return edition


def sweep(now=NOW):
    certificates.issue_due(now)
    return result_mails.queue_mails(now)


def subjects():
    return sorted(mail.subject.split(":")[0] for mail in Message.objects.all())


def test_champions_then_winners_are_told_once_and_not_under_embargo(edition):
    announced(edition, "champions")
    announced(edition, "winners", at=LATER)
    champion = nominees_of(edition, 1)[0]

    numbers = [sweep(), sweep(), sweep(LATER - timedelta(seconds=1))]

    mail = Message.objects.get(user=champion.nominator)
    certificate = champion.certificates.get()
    assert (numbers, subjects()) == ([2, 0, 0], ["Champion", "Champion"])
    assert mail.subject == f"Champion: {champion.title}"
    assert f"/verify/{certificate.code}/certificate.pdf" in mail.text
    assert "public vote" not in mail.text
    assert mail.unsubscribe_url
    assert [sweep(LATER), sweep(LATER)] == [2, 0]
    assert subjects() == ["Champion", "Champion", "Winner", "Winner"]


def test_winner_announced_together_with_the_champions_gets_one_mail(edition):
    announced(edition, "champions", "winners")

    assert sweep() == 2
    assert subjects() == ["Winner", "Winner"]


def test_old_news_and_those_who_refuse_get_nothing(edition):
    announced(edition, "champions")
    certificates.issue_due(NOW)
    RefusedMail.objects.create(user=nominees_of(edition, 1)[0].nominator, kind="nomination-outcome")

    assert result_mails.queue_mails(NOW + timedelta(days=14)) == 0
    assert result_mails.queue_mails(NOW) == 1


def test_mail_on_an_honour_that_was_lost_does_not_go(edition):
    announced(edition, "champions")
    sweep()
    rows = list(Message.objects.all())
    assert outbox.unwanted(rows, now=NOW) == set()

    nomination = nominees_of(edition, 1)[0]
    Nomination.objects.filter(pk=nomination.pk).update(state="withdrawn")

    assert outbox.unwanted(rows, now=NOW) == {row.pk for row in rows if row.user_id == nomination.nominator_id}
