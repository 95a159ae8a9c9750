from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from events.models import Message
from events.shared import hooks
from events.shared.mail import hooks as mail_hooks
from events.shared.mail import outbox, undelivered
from tests.factories import NOW, ForumFactory, MessageFactory, UserFactory

pytestmark = pytest.mark.django_db
State = Message.State


def written(**changes):
    """A mail that was written by the rule, as it is stored."""
    message = MessageFactory.build(**{"dedupe_key": "letter:1", "to": "amina@example.org"} | changes)
    outbox.write(message)
    return Message.objects.get(dedupe_key=message.dedupe_key)


def send_again(message, *, now):
    undelivered.send_again(Message.objects.filter(pk=message.pk), now=now)


def in_state(state, **changes):
    message = written()
    Message.objects.filter(pk=message.pk).update(state=state, **changes)
    return message


def refused(verb, message, **more):
    """The code with which a verb refuses a mail; none where it does not."""
    try:
        verb(message, **more, now=NOW)
    except ValidationError as refusal:
        return refusal.code
    return None


def test_write_makes_a_queued_row_unless_its_key_is_known():
    message = written(expires=NOW + timedelta(hours=1), subject="A letter")
    written(subject="Another letter")

    assert (message.state, message.to, message.due, message.attempts) == (State.QUEUED, "amina@example.org", NOW, 0)
    assert list(Message.objects.values_list("subject", flat=True)) == ["A letter"]


@pytest.mark.parametrize(
    ("changes", "tasks"),
    [
        ({"queue": "account"}, ["events.tasks.deliver_account_mail"]),
        ({"queue": "bulk"}, ["events.tasks.deliver_due"]),
        ({"queue": "account", "state": "draft"}, []),
    ],
)
def test_write_wakes_the_worker_of_its_queue_once_committed(changes, tasks, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        message = written(**changes)

    assert [callback.args[0] for callback in callbacks] == tasks
    assert message.state == changes.get("state", "queued")


def test_write_many_leaves_out_known_keys():
    written(subject="A letter")
    common = {"kind": "letter", "to": "b@example.org", "subject": "Second", "text": "x", "queue": "bulk", "due": NOW}

    outbox.write(Message(dedupe_key="letter:1", **common), Message(dedupe_key="letter:2", **common))
    outbox.write(Message(dedupe_key="letter:2", **common | {"subject": "Third"}))

    assert sorted(Message.objects.values_list("dedupe_key", "subject")) == [
        ("letter:1", "A letter"),
        ("letter:2", "Second"),
    ]


def test_write_many_keeps_every_column():
    user, forum = UserFactory(), ForumFactory()
    values = {
        "kind": "letter",
        "dedupe_key": "letter:\\N",
        "user_id": user.pk,
        "to": "amina@example.org",
        "language": "ar",
        "subject": "Tab\tand \\.",
        "text": "Line\nline\r\n\\N مرحبا",
        "html": "<p>“x”</p>",
        "calendar": "BEGIN:VCALENDAR\r\n",
        "unsubscribe_url": "https://forum.example/stop/",
        "is_secret": True,
        "queue": Message.Queue.ACCOUNT,
        "state": State.DRAFT,
        "due": NOW,
        "expires": None,
        "attempts": 3,
        "forum_id": forum.pk,
    }

    outbox.write(Message(**values))

    row = Message.objects.get()
    assert {name: getattr(row, name) for name in values} == values
    assert row.created is not None


@pytest.mark.parametrize(
    ("verb", "state"), [(outbox.retry, State.FAILED), (outbox.queue, State.DRAFT), (send_again, State.FAILED)]
)
def test_mail_sent_on_a_machine_whose_clock_is_fast_is_due_now(verb, state):
    message = in_state(state)
    fast = datetime(2100, 1, 1, tzinfo=UTC)

    verb(message, now=fast)

    message.refresh_from_db()
    assert (message.state, NOW < message.due < fast) == (State.QUEUED, True)


def test_retry_failed_starts_afresh():
    message = in_state(State.FAILED, attempts=5, last_error="550 no such user", expires=NOW + timedelta(seconds=1))

    row = outbox.retry(message, now=NOW)

    row.refresh_from_db()
    assert (row.state, row.due, row.attempts, row.last_error) == (State.QUEUED, NOW, 0, "")


def test_cancel_keeps_the_text():
    for state in (State.DRAFT, State.QUEUED, State.FAILED):
        message = in_state(state)

        outbox.cancel(message, now=NOW)

        message.refresh_from_db()
        assert (message.state, message.text) == (State.CANCELLED, "The text")


def test_cancel_wipes_a_secret_and_ends_a_lease_that_is_over():
    message = written(is_secret=True, calendar="BEGIN:VCALENDAR")
    Message.objects.update(state=State.SENDING, leased_until=NOW)

    outbox.cancel(message, now=NOW)

    message.refresh_from_db()
    assert (message.state, message.leased_until) == (State.CANCELLED, None)
    assert (message.text, message.html, message.calendar) == ("", "", "")


def test_draft_is_edited_and_due_when_it_is_queued():
    message = written(state="draft", due=NOW - timedelta(days=1))

    outbox.edit(message, subject="New\nsubject", text="New text", now=NOW)
    outbox.queue(message, now=NOW)

    message.refresh_from_db()
    assert (message.subject, message.text, message.html) == ("New subject", "New text", "")
    assert (message.state, message.due) == (State.QUEUED, NOW)


@pytest.mark.parametrize(
    ("verb", "states"),
    [
        (outbox.queue, {State.FAILED, State.SENDING, State.SENT}),
        (outbox.retry, {State.DRAFT, State.QUEUED, State.SENDING, State.SENT, State.CANCELLED}),
        (outbox.cancel, {State.SENT, State.CANCELLED}),
    ],
)
def test_moves_that_are_not_in_the_table_are_refused(verb, states):
    assert {refused(verb, in_state(state)) for state in states} == {"wrong-state"}


def test_what_is_late_or_under_way_or_no_draft_is_refused():
    expired = refused(outbox.retry, in_state(State.FAILED, expires=NOW))
    held_until = datetime(2100, 1, 1, tzinfo=UTC)  # by the clock of the database, whatever `now` is
    under_way = refused(outbox.cancel, in_state(State.SENDING, leased_until=held_until))
    no_draft = refused(outbox.edit, in_state(State.QUEUED), subject="New", text="New")

    assert (expired, under_way, no_draft) == ("expired", "being-sent", "not-a-draft")


@pytest.mark.parametrize(
    ("state", "changes", "after"),
    [
        (State.DRAFT, {}, State.CANCELLED),
        (State.FAILED, {"is_secret": True}, State.CANCELLED),
        (State.QUEUED, {"is_secret": True}, State.CANCELLED),
        (State.QUEUED, {}, State.CANCELLED),
        (State.QUEUED, {"expires": NOW + timedelta(seconds=1)}, State.QUEUED),
        (State.SENDING, {"leased_until": NOW}, State.CANCELLED),
        (State.SENDING, {"leased_until": NOW + timedelta(seconds=1)}, State.SENDING),
        (State.FAILED, {}, State.FAILED),
        (State.SENT, {}, State.SENT),
    ],
)
def test_cancel_expired_takes_what_is_too_late(state, changes, after):
    message = in_state(state, **{"expires": NOW} | changes)

    number = outbox.cancel_expired(now=NOW)

    message.refresh_from_db()
    assert (message.state, message.text, number) == (
        after,
        "" if message.is_secret else "The text",
        int(state != after),
    )


def test_unwanted_asks_the_kind_that_is_registered(monkeypatch):
    monkeypatch.setattr(mail_hooks, "unwanted", hooks.Hook())
    gone, kept, other = written(), written(dedupe_key="letter:2"), written(dedupe_key="letter:3", kind="other")

    @mail_hooks.unwanted("letter")
    def no_longer(messages, now):
        return {message.pk for message in messages if message.dedupe_key == "letter:1"}

    assert outbox.unwanted([gone, kept, other], now=NOW) == {gone.pk}
