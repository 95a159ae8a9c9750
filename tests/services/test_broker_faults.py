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
from tests.factories import MessageFactory

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
HEALED = 2.0  # seconds until a wake-up arrives again
CODE = 40.0  # seconds that a code may take, whatever fails
OUTAGE = 13.0  # seconds. Celery's own tries would come 0, 2, 6, 12 and 20 s after a kill


def seconds_until_sent(address, *, since, at_most):
    """Wait until a mail is sent; return the seconds since a moment (`time.monotonic`)."""
    while not Message.objects.filter(to=address, state="sent").exists():
        assert time.monotonic() - since < at_most, list(Message.objects.values_list("to", "state"))
        time.sleep(0.02)
    return time.monotonic() - since


def write_code(address):
    """A log-in code, written as allauth's are: its worker is woken after the commit, if the broker takes it."""
    now = timezone.now()
    expires = now + timedelta(minutes=10)
    outbox.write(MessageFactory.build(dedupe_key=address, to=address, queue="account", due=now, expires=expires))


@pytest.fixture
def site(start_process, smtp, own_broker, tmp_path):
    """A worker for both queues and a beat that wakes the sweeps of mail each half second; ready when a mail is sent."""
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
    MessageFactory(dedupe_key="first", to="first@example.org", due=timezone.now())
    seconds_until_sent("first@example.org", since=time.monotonic(), at_most=60)
    return worker


def seconds_to_heal(name):
    """Write a mail of the bulk queue, which only beat tells the worker of; return the seconds until it is sent."""
    address = f"after-{name}@example.org"
    began = time.monotonic()
    MessageFactory(dedupe_key=address, to=address, due=timezone.now())
    return seconds_until_sent(address, since=began, at_most=30)


def seconds_to_get_a_code_and_to_heal(name, *, fault, cure):
    address = f"while-{name}@example.org"
    began = time.monotonic()
    fault()
    write_code(address)
    code = seconds_until_sent(address, since=began, at_most=CODE)
    time.sleep(max(0.0, began + OUTAGE - time.monotonic()))
    cure()
    return code, seconds_to_heal(name)


def test_worker_and_beat_outlast_every_fault_of_the_broker(site, smtp, own_broker, record_property):
    codes, healed = {}, {}
    codes["frozen"], healed["frozen"] = seconds_to_get_a_code_and_to_heal(
        "frozen", fault=own_broker.freeze, cure=own_broker.thaw
    )
    codes["killed"], healed["killed"] = seconds_to_get_a_code_and_to_heal(
        "killed", fault=own_broker.kill, cure=own_broker.start
    )
    own_broker.wipe()
    healed["wiped"] = seconds_to_heal("wiped")
    own_broker.kill()
    own_broker.start()
    healed["restarted"] = seconds_to_heal("restarted")

    record_property("seconds until a code came in the outage", codes)
    record_property("seconds until beat's wake-up arrived after it", healed)
    assert max(healed.values()) < HEALED, healed
    assert max(codes.values()) < OUTAGE, codes  # nobody waits for the broker to come back
    assert set(Counter(mail.recipients[0] for mail in smtp.mails).values()) == {1}
    assert len(smtp.mails) == Message.objects.count() == 7
    assert site.poll() is None
    assert site.log.read_text().count("Cannot connect to") <= 2  # told once an outage, not at each try
