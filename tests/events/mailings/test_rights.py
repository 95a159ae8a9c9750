"""Mails of a mailing need the right to its groups, whatever the right to the outbox; and an archive holds no mailing that waits."""

from datetime import timedelta

import pytest

from events.forums import archive
from events.mailings import sending
from events.models import Message
from events.shared.mail import outbox, undelivered
from tests.events.mailings.conftest import chosen
from tests.factories import NOW, SpeakerFactory, allowed
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
OUTBOX = ("events.view_message", "events.change_message", "events.view_mailing", "events.change_mailing")
LIST = "/admin/events/message/"


@pytest.fixture
def mail(forum, by, mailing):
    """A draft to a speaker."""
    SpeakerFactory(forum=forum, name="Awa", email="awa@example.org")
    sending.send(mailing("speakers"), by=by, now=NOW, is_waiting=True)
    sending.write_due(NOW)
    return Message.objects.get()


def fail(mail):
    Message.objects.filter(pk=mail.pk).update(state=Message.State.FAILED)
    return Message.objects.all()


@pytest.mark.parametrize(("right", "shown"), [("events.view_room", False), ("events.view_speaker", True)])
def test_outbox_shows_and_changes_mails_of_a_mailing_to_who_may_write_to_its_groups(client, forum, mail, right, shown):
    client.force_login(allowed(*OUTBOX, right, forum=forum))
    page = f"{LIST}{mail.pk}/change/"

    looked = client.get(page).status_code == 200
    client.post(page, {"subject": "Pay here", "text": "now"})
    listed = [b"awa@example.org" in client.get(f"{LIST}{query}").content for query in ("", f"?mailing={mail.about}")]
    fail(mail)
    client.post(LIST, {"action": "send_again", "_selected_action": [mail.pk], "index": 0})

    assert (looked, *listed) == (shown,) * 3
    assert (Message.objects.get().subject, Message.objects.get().state) == (
        ("Pay here", "queued") if shown else ("News", "failed")
    )


def test_no_verb_of_the_outbox_changes_a_mail_of_a_mailing_without_the_right_to_its_groups(forum, by, mail):
    desk = allowed(*OUTBOX, forum=forum)

    assert refused(outbox.edit, mail, subject="Pay here", text="now", by=desk, now=NOW) == "lacks-right"
    rows = fail(mail)
    assert refused(outbox.retry, mail, by=desk, now=NOW) == "lacks-right"
    for verb in (undelivered.send_again, undelivered.give_up):
        assert verb(rows, by=desk, now=NOW) == 0
    assert Message.objects.get().state == "failed"
    assert undelivered.send_again(rows, by=by, now=NOW) == 1


@pytest.mark.parametrize(("before", "after"), [("speakers", "registered"), ("registered", "speakers")])
def test_who_may_not_write_to_a_group_saves_no_draft_that_has_or_gets_it(forum, by, mailing, before, after):
    row = mailing(before)
    row.groups = [chosen(after)]
    desk = allowed("registration.view_registration", *OUTBOX, forum=forum)

    assert refused(sending.save, row, by=desk, now=NOW) == "lacks-right"
    assert sending.save(row, by=by, now=NOW).groups == [chosen(after)]


def test_a_forum_is_not_archived_while_a_mailing_waits(forum, by, mail):
    late = NOW + timedelta(days=365)

    assert refused(archive.archive, forum, by=by, now=late) == "goes-on"
    sending.stop(sending.Mailing.objects.get(), by=by, now=late)
    assert archive.archive(forum, by=by, now=late).archived
