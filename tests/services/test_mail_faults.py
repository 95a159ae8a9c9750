"""Mail under faults, with real parts: PostgreSQL, Valkey, workers and two beats in processes of their own, SMTP.

The bound: each kill of a worker can repeat at most the mail that it was just handing over, and loses none. No test waits until a lease
ends: it is ended by hand. (What servers say of single mails: tests/events/shared/mail/test_sender.py.)
"""

import os
import signal
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
import redis
from django.core.mail import EmailMessage, get_connection
from django.db import connection, connections
from django.utils import timezone

from events.mailings import sending
from events.models import Forum, Mailing, Message, User
from events.shared.broker import wake_ups
from events.shared.mail import outbox, sender, undelivered
from registration.models import Booking, Registration
from registration.sessions.agenda import reminders
from tests import process_group
from tests.conftest import Mailbox, _free_port
from tests.factories import CountryFactory, ForumFactory, MessageFactory, SessionFactory, boss
from tests.mail_servers import Server, started
from tests.smtp_controller import Controller

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
QUEUE_MAILS = "registration.tasks.queue_mails"


# --- the stage ------------------------------------------------------------------------------------
def booked(number):
    """A session that starts in half an hour, and `number` people who booked it long ago; return their addresses."""
    now = timezone.now()
    country = CountryFactory()
    forum = ForumFactory(
        slug="now",
        starts=now.date() - timedelta(days=1),
        ends=now.date() + timedelta(days=1),
        registration_opens=now - timedelta(days=30),
        registration_closes=now + timedelta(days=1),
    )
    session = SessionFactory(forum=forum, starts=now + timedelta(minutes=30))
    users = User.objects.bulk_create([User(email=f"person{n}@example.org", password="!") for n in range(number)])
    common = {
        "forum": forum,
        "country": country,
        "stakeholder_type": "academia",
        "gender": "woman",
        "consented": now,
        "created": now - timedelta(days=20),
    }
    zones = ["Africa/Bamako", "Asia/Tokyo", "America/Lima", "Europe/Zurich"]
    registrations = Registration.objects.bulk_create(
        [
            Registration(
                user=user, name=f"Person {n}", time_zone=zones[n % 4], language=["en", "fr", "ar"][n % 3], **common
            )
            for n, user in enumerate(users)
        ]
    )
    Booking.objects.bulk_create(
        [Booking(registration=r, session=session, created=now - timedelta(days=10)) for r in registrations]
    )
    return {user.email for user in users}


def wait(condition, *, seconds=60, nudge=""):
    """Wait until a condition holds (a busy machine starts a worker slowly); `nudge`: a task to wake every second."""
    deadline = time.monotonic() + seconds
    nudged = 0.0
    while not condition():
        assert time.monotonic() < deadline, Counter(Message.objects.values_list("state", flat=True))
        if nudge and time.monotonic() > nudged + 1:
            wake_ups.wake(nudge)
            nudged = time.monotonic()
        time.sleep(0.02)


def all_sent(number):
    return Message.objects.filter(state="sent").count() == number


def times_received(mailbox):
    """How often each person got each mail, and check that a repeated mail carries the same Message-ID."""
    ids = {(mail.recipients[0], mail["Message-ID"]) for mail in mailbox.mails}
    counts = Counter(mail.recipients[0] for mail in mailbox.mails)
    assert len(ids) == len(counts)
    return counts


@pytest.fixture(autouse=True)
def _database_with_locks():
    assert connection.vendor == "postgresql", "SQLite has no row locks to prove anything with: run `make test`"


@pytest.fixture
def start_worker(start_process):
    def start(queues="account,bulk"):
        return start_process(
            *("-m", "celery", "-A", "config", "worker", "--pool", "threads", "-c", "2", "-Q", queues),
            *("--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"),
        )

    return start


@pytest.fixture
def two_beats(start_process, tmp_path):
    for name in ("first", "second"):
        start_process(
            *("-m", "celery", "-A", "tests.quick_beat:app", "beat", "--loglevel", "WARNING"),
            *("--schedule", str(tmp_path / name), "--pidfile", ""),
        )


def kill(worker):
    """Kill the only worker that there is; what it had is free, as it is after a while."""
    process_group.signal_group(worker.pid, signal.SIGKILL)
    worker.wait()
    end_leases()


def end_leases():
    Message.objects.filter(state="sending").update(leased_until=timezone.now() - timedelta(seconds=1))


def write_code(address):
    """What a log-in does: a secret row of the account queue, and the worker is woken."""
    get_connection("events.shared.mail.backends.OutboxBackend").send_messages(
        [EmailMessage("Your code", "123456", to=[address])]
    )


@pytest.fixture
def server(smtp, settings):
    """A mail server that behaves as a test wants it to; the workers deliver to it."""
    server = Server()
    with started(server) as url:
        settings.EMAIL_URL, settings.EMAIL_PORT = url, server.port
        yield server


# --- the tests ------------------------------------------------------------------------------------
def test_killed_worker_two_beats_and_a_wiped_broker_lose_nothing(start_worker, two_beats, smtp, record_property):
    people = booked(300)
    worker = start_worker()

    wait(lambda: len(smtp.mails) >= 100)
    kill(worker)
    start_worker()
    wait(lambda: len(smtp.mails) >= 200)
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushall()
    wait(lambda: all_sent(300))

    counts = times_received(smtp)
    doubles = counts.total() - len(counts)
    record_property("doubles", doubles)
    assert set(counts) == people
    assert doubles <= 1
    assert Message.objects.count() == 300


def test_message_to_people_goes_once_to_each_whatever_workers_die_and_stops_within_a_batch(start_worker, smtp):
    people = booked(300)
    by, now, forum = boss(email="secretariat@example.org"), timezone.now(), Forum.objects.get()
    texts = {"en": {"subject": "News", "text": "Dear {name}"}}
    group = {"key": "registered", "options": {}, "is_excluded": False}
    values = {"forum": forum, "groups": [group], "texts": texts, "author": by, "created": now, "updated": now}
    row = sending.send(Mailing.objects.create(**values), by=by, now=now)
    worker = start_worker()

    wait(lambda: len(smtp.mails) >= 50, nudge=sending.TASK)
    kill(worker)
    start_worker()
    start_worker()
    wait(lambda: len(smtp.mails) >= 100, nudge=outbox.BULK_TASK)
    sending.stop(row, by=by, now=timezone.now())
    taken = len(smtp.mails)
    wait(lambda: not Message.objects.filter(state__in=sending.WAITS).exists(), nudge=outbox.BULK_TASK)

    counts = times_received(smtp)
    assert set(counts) < people
    assert counts.total() - len(counts) <= 1
    assert len(smtp.mails) - taken <= 40  # what two workers send at once
    assert Message.objects.count() == Message.objects.values("dedupe_key").distinct().count()
    assert sending.numbers(row).keys() == {"sent", "cancelled"}


class Killer(Mailbox):
    """A mail server that kills the worker when it has taken a mail and before it says so: the worst moment."""

    def __init__(self, at):
        super().__init__()
        self.at = at
        self.worker = None

    async def handle_DATA(self, server, session, envelope):
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.mails) == self.at:
            os.killpg(self.worker.pid, signal.SIGKILL)
        return answer


def test_worker_killed_at_the_worst_moment_repeats_one_mail(start_worker, smtp, settings):
    people = booked(60)
    server = Killer(at=40)
    controller = Controller(server, hostname="127.0.0.1", port=_free_port())
    controller.start()
    settings.EMAIL_URL = f"smtp://127.0.0.1:{controller.port}"

    server.worker = start_worker()
    wait(lambda: server.worker.poll() is not None, nudge=QUEUE_MAILS)
    end_leases()
    start_worker()
    wait(lambda: all_sent(60), nudge=outbox.BULK_TASK)
    controller.stop()

    counts = times_received(server)
    repeated = [person for person, times in counts.items() if times > 1]
    assert set(counts) == people
    assert repeated == server.mails[39].recipients
    assert counts[repeated[0]] == 2


class Poison(Mailbox):
    """A mail server that kills the worker which speaks of a certain address, as a mail that ends its worker does."""

    worker = None

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("poison"):
            os.killpg(self.worker.pid, signal.SIGKILL)
        envelope.rcpt_tos.append(address)
        return "250 OK"


def test_mail_that_ends_each_worker_is_set_aside_and_all_others_go(start_worker, smtp, settings):
    poison = MessageFactory(to="poison@example.org", due=timezone.now() - timedelta(hours=1))
    others = later(30, domain="quick.example")
    server = Poison()
    controller = Controller(server, hostname="127.0.0.1", port=_free_port())
    controller.start()
    settings.EMAIL_URL = f"smtp://127.0.0.1:{controller.port}"

    for _worker in range(5):
        server.worker = start_worker("bulk")
        wait(lambda: server.worker.poll() is not None, nudge=outbox.BULK_TASK)
        end_leases()
    start_worker("bulk")
    wait(lambda: are_sent(others), nudge=outbox.BULK_TASK)
    wait(lambda: undelivered.of(Message.objects.all()).exists(), nudge=outbox.BULK_TASK)
    controller.stop()

    [row] = undelivered.of(Message.objects.all())
    assert (row.pk, row.state, row.reason) == (poison.pk, "failed", "crashed")
    counts = times_received(server)
    assert set(counts) == {one.to for one in others}
    assert set(counts.values()) == {1}  # no other was on its way


def test_code_overtakes_thousands_of_other_mails(start_worker, smtp):
    letters = MessageFactory.build_batch(5000, due=timezone.now())
    Message.objects.bulk_create(letters)
    start_worker()
    wait(lambda: len(smtp.mails) >= 50, nudge=outbox.BULK_TASK)
    before = len(smtp.mails)

    write_code("a@example.org")
    wait(lambda: smtp.to("a@example.org"), seconds=5)

    assert len(smtp.mails) - before < 1000


def later(number, *, domain, queue="bulk"):
    """Mails to a domain that are due now; their rows."""
    return [MessageFactory(to=f"{queue}{n}@{domain}", queue=queue, due=timezone.now()) for n in range(number)]


def are_sent(rows):
    return not Message.objects.filter(pk__in=[row.pk for row in rows]).exclude(state="sent").exists()


def test_worker_that_is_stopped_gives_back_at_once_what_has_not_gone(start_worker, server):
    server.waits["slow.example"] = 2
    rows = later(30, domain="slow.example")
    worker = start_worker("bulk")
    wait(lambda: Message.objects.filter(state="sending").count() == sender.BATCH["bulk"], nudge=outbox.BULK_TASK)

    worker.terminate()
    worker.wait(10)
    server.waits.clear()

    assert not Message.objects.filter(state="sending").exists()
    start_worker()
    wait(lambda: are_sent(rows), nudge=outbox.BULK_TASK)
    assert set(times_received(server).values()) == {1}


def test_mails_wait_for_a_server_that_is_away_and_go_once_it_is_back(start_worker, smtp, settings):
    server = Server()
    port = _free_port()
    settings.EMAIL_URL = f"smtp://127.0.0.1:{port}"
    rows, codes = later(30, domain="quick.example"), later(3, domain="quick.example", queue="account")
    start_worker()
    unreached = Message.objects.filter(reason="unreached", attempts=0, leased_until=None)
    wait(unreached.exists, nudge=outbox.BULK_TASK)  # codes are tried first

    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    wait(lambda: are_sent([*rows, *codes]), nudge=outbox.BULK_TASK)
    controller.stop()

    assert Counter(times_received(server).values()) == {1: 33}
    assert set(Message.objects.values_list("attempts", flat=True)) == {1}


def test_frozen_server_is_waited_for_and_all_goes_as_soon_as_it_answers(start_worker, server):
    rows = later(30, domain="quick.example")
    frozen, thaw = threading.Event(), threading.Event()
    server.loop.call_soon_threadsafe(lambda: (frozen.set(), thaw.wait(30)))  # the kernel still takes connections
    frozen.wait()
    start_worker()
    wait(lambda: Message.objects.filter(state="sending").exists(), nudge=outbox.BULK_TASK)

    thaw.set()
    wait(lambda: are_sent(rows))

    assert set(times_received(server).values()) == {1}


def in_threads(number, function):
    """Run a function in several threads that start together, each with a database connection of its own."""
    gate = threading.Barrier(number)
    errors = []

    def run():
        try:
            gate.wait()
            function()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _number in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def waiting(number):
    MessageFactory.create_batch(number, due=timezone.now())


def send():
    sender.send_due(["bulk"], clock=timezone.now)


def test_many_workers_at_once_send_each_mail_once(smtp):
    waiting(400)

    in_threads(4, send)

    assert Counter(times_received(smtp).values()) == {1: 400}


def test_many_workers_without_the_lock_would_send_twice(smtp, monkeypatch):
    """The control of the test above: it must see doubles where rows are claimed without a lock."""
    waiting(20)
    gate = threading.Barrier(4)

    def careless(queue, *, now):
        rows = list(Message.objects.filter(queue=queue, state="queued")[:20])
        if rows:
            gate.wait(5)
        for row in rows:  # one by one: two statements that take many rows would wait for each other
            Message.objects.filter(pk=row.pk).update(state="sending")
        return rows

    monkeypatch.setattr(sender, "take", careless)
    in_threads(4, send)

    assert Counter(times_received(smtp).values()) == {4: 20}


def test_two_sweeps_at_once_write_each_reminder_once():
    booked(300)
    now = timezone.now()

    in_threads(4, lambda: reminders.queue_reminders(now))

    assert Message.objects.count() == 300
