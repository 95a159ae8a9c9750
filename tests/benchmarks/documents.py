"""How long the Outcome Document of a forum takes in a worker, both files included, and what the worker holds meanwhile."""

import time

SECONDS = {
    "2020": ("164 sessions", 60),
    "thousand": ("1,000 sessions", 300),
}  # forum → how large it is, seconds at the most
MEMORY = 400_000_000  # bytes: of the worker, which gathers, and of the process that draws meanwhile; what they share counts once
LOOK = 0.02  # seconds between two looks at them


def measure(bench):
    database = bench.copy(bench.world("sample"), "documents")
    worker = bench.start("worker", database=database)
    for slug, (size, limit) in SECONDS.items():
        seconds, memory = bench.run("documents.made", slug, worker.pid, database=database)
        bench.seconds(f"the Outcome Document of {size}, PDF and DOCX", seconds, limit)
        bench.at_most(f"memory of who gathers it and who draws it at any moment, {size}", memory, MEMORY, unit=" bytes")
    bench.services.stop(worker)


# --- in a process of the site ---------------------------------------------------------------------
def made(slug, worker):
    """Have one made by the worker with this process id; return its seconds, and the most bytes that it and its children held."""
    from django.utils import timezone

    from events.models import Forum, User
    from prizes.outcome_document import versions
    from tests.benchmarks.memory import held_by

    held, began = [], time.perf_counter()
    row = versions.ask(Forum.objects.get(slug=slug), language="en", by=User.objects.first(), now=timezone.now())
    while row.state == "making":
        held.append(sum(held_by(worker)))
        time.sleep(LOOK)
        row.refresh_from_db(fields=["state"])
    assert row.state == "done"
    return time.perf_counter() - began, max(held)
