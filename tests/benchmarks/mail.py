"""How fast reminders go out: rendered and handed to a real SMTP server by the site's workers of bulk mail.

It takes turns with a bare loop that hands mails of the same size to the same server on one connection. Each mail is
counted by its recipient and Message-ID: none may be lost, none doubled.
"""

import asyncio
import time
from collections import Counter
from pathlib import Path

from tests.benchmarks import limits
from tests.benchmarks.bench import free_port

PEOPLE, ROUNDS = 1_500, 3  # reminders in a round
PLAIN = 500  # mails of the bare loop in a round
SHARE = 0.5  # of the bare loop's rate, at least
RATE = 250  # reminders a second
PATIENCE = 60  # seconds for a round
SESSIONS = 10
# So many sessions begin in fifty minutes; nothing else is booked.
SOON = """
UPDATE events_session SET starts = now() + interval '50 min', ends = now() + interval '140 min'
WHERE id IN (SELECT id FROM events_session ORDER BY id LIMIT {sessions});
DELETE FROM registration_booking;
"""
# Those who are reminded in a round: their bookings.
BOOK = """
INSERT INTO registration_booking (registration_id, session_id, created)
SELECT id, (SELECT min(id) FROM events_session) + id % {sessions}, now() - interval '10 days'
FROM (SELECT id FROM registration_registration ORDER BY id OFFSET {skip} LIMIT {people}) person;
"""


def measure(bench):
    database, port = bench.copy(bench.world("year"), "mail"), free_port()
    received, people, plain = bench.folder / "received", bench.scaled(PEOPLE), bench.scaled(PLAIN)
    received.touch()
    given = {"database": database, "EMAIL_URL": f"smtp://127.0.0.1:{port}", "BASE_URL": "https://forum.example"}
    bench.psql(SOON.format(sessions=SESSIONS), database)
    children = [
        bench.start("mail.serve", port, str(received), **given),
        *(bench.start("worker", **given) for _each in range(2)),
    ]
    found = bench.run("mail.send", port, str(received), people, plain, **given)
    time.sleep(2)  # a double would come now
    for child in children:
        bench.services.stop(child)
    said = " : ".join(f"{limits.median(found[name]):.0f}" for name in ("site", "plain"))
    bench.at_least(
        "reminders, against a bare loop", limits.ratio(found["site"], found["plain"]), SHARE, note=f"{said} a second"
    )
    bench.seconds(f"{people:,} reminders", [people / rate for rate in found["site"]], people / RATE)
    counts = Counter(line[1] for line in _reminders(received))
    sent = int(bench.psql("SELECT count(*) FROM events_message WHERE kind = 'reminder' AND state = 'sent'", database))
    note = f"{found['due']} due, {len(counts)} received, {counts.total()} in all, {sent} sent by the outbox"
    bench.holds("every reminder once", len(counts) == counts.total() == sent == found["due"], note=note)


def _reminders(received):
    """Moment, recipient and Message-ID of the mails to the world's people."""
    return [line.split() for line in received.read_text().splitlines() if " guest" in line and line.endswith(">")]


# --- in processes of the site ---------------------------------------------------------------------
class Sink(asyncio.Protocol):
    """A mail server that costs next to nothing, for the site shall be measured: takes every mail whole, and writes down when it
    came, its recipient and Message-ID, one line a mail."""

    END = b"\r\n.\r\n"

    def __init__(self, file):
        self.file, self.received, self.recipient, self.is_text = file, b"", "", False

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data):
        self.received += data
        while (end := self.received.find(self.END if self.is_text else b"\r\n")) >= 0:
            whole, self.received = self.received[:end], self.received[end + (len(self.END) if self.is_text else 2) :]
            self.transport.write(self.take(whole) if self.is_text else self.answer(whole))

    def answer(self, line):
        verb = line[:4].upper()
        if verb == b"RCPT":
            self.recipient = line[line.index(b"<") + 1 : line.index(b">")].decode()
        self.is_text = verb == b"DATA"
        return {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(verb, b"250 OK\r\n")

    def take(self, mail):
        self.is_text = False
        name = next(line for line in mail.split(b"\r\n") if line.lower().startswith(b"message-id:"))
        self.file.write(f"{time.time()} {self.recipient} {name.decode()}\n")
        self.file.flush()
        return b"250 OK\r\n"


def serve(port, path):
    async def forever():
        with Path(path).open("a") as file:
            await asyncio.get_running_loop().create_server(lambda: Sink(file), "127.0.0.1", port)
            await asyncio.Event().wait()

    asyncio.run(forever())


def send(port, path, people, plain):
    """Reminders by the workers and plain mails by a bare loop, in turns; mails a second of each round, and how many were due."""
    from django.db import connection

    from events.shared.broker import wake_ups

    received, due = Path(path), [0]

    def remind(count=people):
        """Reminders a second, from the wake-up to the last one that arrived."""
        with connection.cursor() as cursor:
            cursor.execute(BOOK.format(sessions=SESSIONS, skip=sum(due), people=count))
        due.append(count)
        woken = time.time()
        wake_ups.wake("registration.tasks.queue_mails")
        while len(_reminders(received)) < sum(due) and time.time() < woken + PATIENCE:
            time.sleep(0.1)
        return count / (max(float(line[0]) for line in _reminders(received)) - woken)

    remind(10)  # a worker has started
    time.sleep(3)  # and the other one
    found = limits.in_turns({"site": remind, "plain": lambda: _plain(port, plain)}, rounds=ROUNDS)
    return found | {"due": sum(due)}


def _plain(port, count):
    """Hand the last reminder over so many times, to nobody of ours; mails a second."""
    from email.message import EmailMessage
    from email.utils import make_msgid
    from smtplib import SMTP

    from events.models import Message

    row = Message.objects.filter(kind="reminder").latest("pk")
    with SMTP("127.0.0.1", port) as line:
        began = time.perf_counter()
        for number in range(count):
            mail = EmailMessage()
            mail["Subject"], mail["From"], mail["To"] = row.subject, "forum@forum.example", f"plain{number}@example.org"
            mail["Message-ID"] = make_msgid(domain="forum.example")
            mail.set_content(row.text)
            mail.add_alternative(row.html, subtype="html")
            line.send_message(mail)
        return count / (time.perf_counter() - began)
