"""How long the Outcome Document of a forum takes, both files included, and what it holds meanwhile."""

import os
import threading
import time

SECONDS = {
    "2020": ("164 sessions", 60),
    "thousand": ("1,000 sessions", 300),
}  # forum → how large it is, seconds at the most
MEMORY = 500_000_000  # bytes: of the process that gathers, and of the one that draws meanwhile
LOOK = 0.02  # seconds between two looks at them


def measure(bench):
    database = bench.copy(bench.world("sample"), "documents")
    for slug, (size, limit) in SECONDS.items():
        seconds, memory = bench.run("documents.made", slug, database=database)
        bench.seconds(f"the Outcome Document of {size}, PDF and DOCX", seconds, limit)
        bench.at_most(f"memory of who gathers it and who draws it at any moment, {size}", memory, MEMORY, unit=" bytes")


# --- in a process of the site ---------------------------------------------------------------------
def made(slug):
    """Have one made; return its seconds, and the most bytes that this process and its children held together."""
    from django.utils import timezone

    from events.models import Forum, User
    from prizes.outcome_document import versions
    from tests.benchmarks.bench import memory_of

    held, is_made = [], threading.Event()

    def look():
        while not is_made.wait(LOOK):
            held.append(sum(memory_of(os.getpid())))

    threading.Thread(target=look, daemon=True).start()
    began = time.perf_counter()
    row = versions.ask(Forum.objects.get(slug=slug), language="en", by=User.objects.first(), now=timezone.now())
    versions.make_next(timezone.now())
    row.refresh_from_db()
    assert row.state == "done"
    seconds = time.perf_counter() - began
    is_made.set()
    return seconds, max(held)
