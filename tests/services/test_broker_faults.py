"""The broker frozen, killed, wiped and restarted under a real worker and beat (a broker and processes of the test's own).

Codes that are written while it is away go out all the same; once it is healed, beat's wake-ups arrive again within two
seconds; and each mail is sent once.
"""

import time
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from events.mail import outbox
from events.models import Message
from tests.factories import (
    BookingFactory,
    ForumFactory,
    MessageFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
)

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
CODE = 40.0  # seconds that a code may take, whatever fails
OUTAGE = 13.0  # seconds. Celery's own tries would come 0, 2, 6, 12 and 20 s after a kill


def seconds_until(condition, *, at_most):
    """Wait until a condition holds; return the seconds that it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < at_most, list(Message.objects.values_list("to", "state"))
        time.sleep(0.02)
    return time.monotonic() - began


def is_sent(address):
    return Message.objects.filter(to=address, state="sent").exists()


def write_code(address):
    """A log-in code, written as allauth's are: its worker is woken after the commit, if the broker takes it."""
    now = timezone.now()
    expires = now + timedelta(minutes=10)
    outbox.write(MessageFactory.build(dedupe_key=address, to=address, queue="account", due=now, expires=expires))


@pytest.fixture
def session():
    """A session that starts in half an hour, of a forum that is on."""
    now = timezone.now()
    today = now.date()
    forum = ForumFactory(slug="now", starts=today - timedelta(days=1), ends=today + timedelta(days=1))
    return SessionFactory(forum=forum, starts=now + timedelta(minutes=30))


def seconds_to_heal(name, session):
    """Book a session whose reminder is due; return the seconds until a worker wrote it.

    Only a wake-up of beat's can be the reason: the worker looks for reminders by itself after a minute and a half.
    """
    now = timezone.now()
    user = UserFactory(email=f"after-{name}@example.org")
    registration = RegistrationFactory(user=user, forum=session.forum, created=now - timedelta(days=20))
    BookingFactory(registration=registration, session=session, created=now - timedelta(days=10))
    return seconds_until(lambda: Message.objects.filter(to=user.email).exists(), at_most=30)


def seconds_to_get_a_code(name, fault):
    """Do the fault and write a code; return the seconds until it is sent."""
    address = f"while-{name}@example.org"
    fault()
    write_code(address)
    return seconds_until(lambda: is_sent(address), at_most=CODE)


@pytest.fixture
def site(start_process, session, smtp, own_broker, tmp_path):
    """A worker for both queues and a beat that wakes the sweeps of mail each half second; ready when they have worked."""
    celery = ("-m", "celery", "-A")
    options = ("--loglevel", "WARNING")
    worker = start_process(
        *(*celery, "config", "worker", *options, "--pool", "threads", "--concurrency", "2", "-Q", "account,bulk"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        REDIS_URL=own_broker.url,
    )
    start_process(
        *(*celery, "tests.quick_beat:app", "beat", *options, "--pidfile=", "--schedule", str(tmp_path / "schedule")),
        REDIS_URL=own_broker.url,
    )
    seconds_to_heal("start", session)
    return worker


def test_worker_and_beat_outlast_every_fault_of_the_broker(site, session, smtp, own_broker, record_property):
    codes, healed = {}, {}
    for name, fault, cure in (
        ("frozen", own_broker.freeze, own_broker.thaw),
        ("killed", own_broker.kill, own_broker.start),
    ):
        began = time.monotonic()
        codes[name] = seconds_to_get_a_code(name, fault)
        time.sleep(max(0.0, began + OUTAGE - time.monotonic()))
        cure()
        healed[name] = seconds_to_heal(name, session)
    own_broker.wipe()
    healed["wiped"] = seconds_to_heal("wiped", session)
    own_broker.kill()
    own_broker.start()
    healed["restarted"] = seconds_to_heal("restarted", session)

    record_property("seconds until a code came in the outage", codes)
    record_property("seconds until a wake-up of beat arrived after it", healed)
    seconds_until(lambda: Message.objects.filter(state="sent").count() == 7, at_most=20)
    assert set(Counter(mail.recipients[0] for mail in smtp.mails).values()) == {1}
    assert len(smtp.mails) == Message.objects.count() == 7
    assert site.poll() is None
    assert site.log.read_text().count("Cannot connect to") <= 3  # told once a fault, not at each try
