"""How fast reminders go out: 15,000 due ones, rendered and handed to a real SMTP server by one worker process."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests import engine

PEOPLE = 15_000
SESSIONS = 10
LIMIT = 100  # mails a second, at least
ROOT = Path(__file__).resolve().parents[2]


# --- the mail server: `python -m tests.benchmarks.mail serve PORT FILE` ---------------------------
class Sink:
    """Takes every mail whole, and writes its recipient and Message-ID down, one line a mail."""

    def __init__(self, file):
        self.file = file

    async def handle_DATA(self, server, session, envelope):
        head = envelope.content.split(b"\r\n\r\n", 1)[0]
        name = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"message-id:"))
        self.file.write(f"{envelope.rcpt_tos[0]} {name.decode()}\n")
        self.file.flush()
        return "250 OK"


def serve(port, path):
    from aiosmtpd.smtp import SMTP

    async def forever():
        loop = asyncio.get_running_loop()
        with Path(path).open("a") as file:
            await loop.create_server(lambda: SMTP(Sink(file), loop=loop), "127.0.0.1", int(port))
            await asyncio.Event().wait()

    asyncio.run(forever())


# --- the rows: `python -m tests.benchmarks.mail fill` ---------------------------------------------
def fill():
    import django

    django.setup()
    from datetime import timedelta

    from django.core.management import call_command
    from django.utils import timezone

    call_command("migrate", verbosity=0)
    from events.models import User
    from registration.models import Booking, Registration
    from tests.factories import CountryFactory, ForumFactory, SessionFactory

    now = timezone.now()
    forum = ForumFactory(
        slug="now",
        starts=now.date() - timedelta(days=1),
        ends=now.date() + timedelta(days=1),
        registration_opens=now - timedelta(days=30),
        registration_closes=now + timedelta(days=1),
    )
    sessions = [
        SessionFactory(forum=forum, starts=now + timedelta(minutes=50), description="About bridges. " * 100)
        for _n in range(SESSIONS)
    ]
    country = CountryFactory()
    zones = ["Africa/Bamako", "Asia/Tokyo", "America/Lima", "Europe/Zurich", "Asia/Kolkata"]
    users = User.objects.bulk_create(
        [User(email=f"person{n}@example.org", password="!") for n in range(PEOPLE)], batch_size=1000
    )
    registrations = Registration.objects.bulk_create(
        [
            Registration(
                forum=forum,
                user=user,
                name=f"Person {n}",
                stakeholder_type="academia",
                country=country,
                gender="woman",
                time_zone=zones[n % 5],
                language=["en", "fr", "ar"][n % 3],
                consented=now,
                created=now - timedelta(days=20),
            )
            for n, user in enumerate(users)
        ],
        batch_size=1000,
    )
    Booking.objects.bulk_create(
        [
            Booking(registration=registration, session=sessions[n % SESSIONS], created=now - timedelta(days=10))
            for n, registration in enumerate(registrations)
        ],
        batch_size=1000,
    )


def wake():
    import django

    django.setup()
    from events.broker import wake_ups

    wake_ups.wake("registration.tasks.queue_mails")


def state():
    """Print how many mails the outbox says it has sent, and how many it holds."""
    import django

    django.setup()
    from events.models import Message

    print(Message.objects.filter(state="sent").count(), Message.objects.count())  # noqa: T201


# --- the measurement ------------------------------------------------------------------------------
def _run(step, environment):
    command = [sys.executable, "-m", "tests.benchmarks.mail", step]
    done = subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.split()


def _free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _received(path):
    return path.read_text().splitlines() if path.exists() else []


def measure(found):
    """Return seconds, and the lines that the mail server wrote down."""
    port, received, data = _free_port(), found.folder / "received", found.folder / "bench"
    data.mkdir()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": found.postgres(durable=True),
        "REDIS_URL": found.valkey("bench-broker"),
        "DATA_DIR": str(data),
        "SECRET_KEY": "only-for-benchmarks-" + "x" * 50,
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "BASE_URL": "https://forum.example",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }
    found.start(
        [sys.executable, "-m", "tests.benchmarks.mail", "serve", str(port), received],
        environment=environment,
        folder=ROOT,
    )
    _run("fill", environment)
    found.start(
        [
            *(sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "1"),
            *("-Q", "account,bulk", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
        ],
        environment=environment,
        folder=ROOT,
    )
    time.sleep(5)  # the worker has started
    began = time.monotonic()
    _run("wake", environment)
    while len(_received(received)) < PEOPLE:
        if time.monotonic() - began > PEOPLE / LIMIT * 1.5:
            break
        time.sleep(0.2)
    seconds = time.monotonic() - began
    time.sleep(2)  # a double would come now
    return seconds, _received(received), _run("state", environment)


def main():
    """Print the rate with its limit; return whether it holds, with no loss and no double."""
    with engine.Services() as found:
        seconds, lines, (sent, rows) = measure(found)
    counts = Counter(line.split()[0] for line in lines)
    lost, doubles = PEOPLE - len(counts), len(lines) - len(counts)
    rate = len(counts) / seconds
    print(  # noqa: T201
        f"mail: {len(counts):,} reminders in {seconds:.1f} s from one worker: {rate:.0f}/s (limit {LIMIT}/s), "
        f"{lost} lost, {doubles} double; outbox: {sent} of {rows} sent"
    )
    return rate >= LIMIT and lost == 0 and doubles == 0 and sent == rows == str(PEOPLE)


if __name__ == "__main__":
    steps = {"serve": serve, "fill": fill, "wake": wake, "state": state}
    if len(sys.argv) > 1:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        steps[sys.argv[1]](*sys.argv[2:])
    else:
        sys.exit(0 if main() else 1)
