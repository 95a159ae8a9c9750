from datetime import timedelta

import pytest

from events.models import Message
from events.shared.history import log
from events.shared.mail import undelivered
from tests.factories import NOW, MessageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
State, Reason = Message.State, Message.Reason
PAGE = "/admin/events/message/undelivered/"


def failed(to="a@gmail.example", *, reason=Reason.FULL, said="452 4.2.2 over quota", **changes):
    return MessageFactory(**{"state": State.FAILED, "to": to, "reason": reason, "last_error": said} | changes)


def key(domain, reason, state="failed"):
    return f"{state}:{domain}:{reason}"


def state(row):
    row.refresh_from_db()
    return row.state


def test_groups_by_domain_state_and_reason_the_largest_first():
    for number in range(3):
        failed(f"{number}@GMAIL.example")
    failed("a@b.example", reason=Reason.NO_MAILBOX, said="550 5.1.1 no")
    failed("a@b.example", reason="", said="of an older version")
    held = {"leased_until": NOW + timedelta(days=36500)}  # by a worker of the version before
    failed("a@b.example", state=State.PERHAPS, reason=Reason.UNANSWERED)
    failed("a@b.example", state=State.PERHAPS, reason=Reason.UNANSWERED, **held)
    failed("a@b.example", state=State.QUEUED)

    found = undelivered.groups(Message.objects.all())

    assert [(group.domain, group.number, group.state_words, group.reason) for group in found] == [
        ("gmail.example", 3, "Failed", "The mailbox is full"),
        ("b.example", 1, "Failed", "There is no such mailbox"),
        ("b.example", 1, "Failed", "of an older version"),
        ("b.example", 1, "Perhaps delivered", "The mail server had the mail and did not answer"),
    ]
    assert [bool(group.advice) for group in found] == [True, True, False, True]
    for group in found:
        assert undelivered.chosen(Message.objects.all(), keys=[group.key]).count() == group.number


def test_send_again_and_give_up_move_what_was_chosen_and_write_it_down(boss):
    rows = [failed(), failed(), failed("a@b.example"), failed(expires=NOW)]
    secret = failed("a@c.example", is_secret=True, text="123456")

    sent = undelivered.send_again(
        undelivered.chosen(Message.objects.all(), keys=[key("gmail.example", "full")]), by=boss, now=NOW
    )
    given_up = undelivered.give_up(
        undelivered.chosen(Message.objects.all(), keys=[key("b.example", "full"), key("c.example", "full")]),
        by=boss,
        now=NOW,
    )

    assert (sent, given_up) == (2, 2)
    assert [state(row) for row in rows] == [State.QUEUED, State.QUEUED, State.CANCELLED, State.FAILED]
    assert (rows[0].attempts, rows[0].reason, rows[0].last_error, rows[0].due) == (0, "", "", NOW)
    assert (state(secret), secret.text, rows[2].text) == (State.CANCELLED, "", "The text")
    verbs = {row.pk: [entry.verb for entry in log.of(row)] for row in [*rows, secret]}
    assert list(verbs.values()) == [["retry-mail"], ["retry-mail"], ["cancel-mail"], [], ["cancel-mail"]]


def test_page_shows_the_groups_and_sends_the_chosen_ones_again(organiser_site, django_assert_max_num_queries):
    row, other = failed(), failed("a@<b>.example", said="550 <script>")
    with django_assert_max_num_queries(12):
        page = organiser_site.get(PAGE).content.decode()

    answer = organiser_site.post(PAGE, {"group": key("gmail.example", "full"), "verb": "send_again"}, follow=True)

    assert "The mailbox is full" in page
    assert "Send again in a day or two." in page
    assert "&lt;b&gt;.example" in page
    assert "<script>" not in page.split('id="content"')[1]
    assert "1 mail is queued again." in answer.content.decode()
    assert (state(row), state(other)) == (State.QUEUED, State.FAILED)
