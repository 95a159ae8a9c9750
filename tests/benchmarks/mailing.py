"""How fast organisers write to 15,000 people: their mails as rows of the outbox, then handed to a real SMTP server by one worker."""

import time
from pathlib import Path

from tests.benchmarks.bench import free_port

WRITTEN = 10  # seconds for 15,000 rows
HANDED, RATE = 3_000, 200  # mails, and how many a second at least
PATIENCE = 60  # seconds


def measure(bench):
    database, port = bench.copy(bench.world("year"), "mailing"), free_port()
    received = bench.folder / "mailing"
    received.touch()
    given = {"database": database, "EMAIL_URL": f"smtp://127.0.0.1:{port}", "BASE_URL": "https://forum.example"}
    found = bench.run("mailing.write", **given)
    note = f"{found['people']:,} people, fixed in {found['fixed']:.1f} s"
    bench.seconds("a message to everybody as rows", found["fixed"] + found["written"], WRITTEN, note=note)
    children = [bench.start("mail.serve", port, str(received), **given), bench.start("worker", **given)]
    count = min(bench.scaled(HANDED), found["people"])
    seconds = bench.run("mailing.hand_over", str(received), count, **given)
    time.sleep(2)  # a double would come now
    for child in children:
        bench.services.stop(child)
    bench.seconds(
        f"{count:,} of them handed over by one worker", seconds, count / RATE, note=f"{count / seconds:.0f} a second"
    )
    counts = [line.split()[1] for line in received.read_text().splitlines() if " guest" in line]
    bench.holds("each of them once", len(counts) == len(set(counts)) == count, note=f"{len(counts)} received")


# --- in processes of the site ---------------------------------------------------------------------
def write():
    """Fix who gets a message to all who registered, and write their mails as drafts; the seconds of both."""
    from django.utils import timezone

    from events.mailings import sending
    from events.models import Forum, Mailing
    from tests.factories import boss

    now, forum = timezone.now(), Forum.objects.get(slug="now")
    by = boss(email="secretariat@example.org")
    texts = {
        code: {
            "subject": "{forum}: news",
            "text": "Dear {name},\n\n**All** about {forum}: {link}\n\n" + "Words. " * 100,
        }
        for code in ("en", "fr")
    }
    groups = [{"key": "registered", "options": {}, "is_excluded": False}]
    draft = Mailing.objects.create(forum=forum, groups=groups, texts=texts, author=by, created=now, updated=now)
    began = time.perf_counter()
    row = sending.send(draft, by=by, now=now, is_waiting=True)
    fixed = time.perf_counter() - began
    number = sending.write_due(now)
    return {"people": number, "fixed": fixed, "written": time.perf_counter() - began - fixed, "row": row.pk}


def hand_over(path, count):
    """Let so many of the drafts go; seconds from the wake-up until the last one arrived."""
    from django.utils import timezone

    from events.models import Message
    from events.shared.broker import wake_ups
    from events.shared.mail import outbox

    received = Path(path)
    wake_ups.wake(outbox.BULK_TASK)
    time.sleep(5)  # the worker has started
    drafts = Message.objects.filter(kind="mailing-news", state="draft").order_by("pk").values("pk")[:count]
    Message.objects.filter(pk__in=drafts).update(state="queued", due=timezone.now())
    woken = time.time()
    wake_ups.wake(outbox.BULK_TASK)
    while len(lines := received.read_text().splitlines()) < count and time.time() < woken + PATIENCE:
        time.sleep(0.1)
    return max(float(line.split()[0]) for line in lines) - woken
