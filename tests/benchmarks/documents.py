"""How long the Outcome Document of a forum takes, both files included, and what it holds meanwhile."""

import resource
import time

SECONDS = {
    "2020": ("164 sessions", 60),
    "thousand": ("1,000 sessions", 300),
}  # forum → how large it is, seconds at the most
MEMORY = 500_000_000  # bytes: of the process that gathers, and of the one that draws


def measure(bench):
    database = bench.copy(bench.world("sample"), "documents")
    for slug, (size, limit) in SECONDS.items():
        seconds, memory = bench.run("documents.made", slug, database=database)
        bench.seconds(f"the Outcome Document of {size}, PDF and DOCX", seconds, limit)
        bench.at_most(f"memory of who gathers it and who draws it, {size}", memory, MEMORY, unit=" bytes")


# --- in a process of the site ---------------------------------------------------------------------
def made(slug):
    """Have one made; return its seconds, and the most bytes that this process and the largest of its children held."""
    from django.utils import timezone

    from events.models import Forum, User
    from prizes.outcome_document import versions

    began = time.perf_counter()
    row = versions.ask(Forum.objects.get(slug=slug), language="en", by=User.objects.first(), now=timezone.now())
    versions.make_next(timezone.now())
    row.refresh_from_db()
    assert row.state == "done"
    seconds = time.perf_counter() - began
    of_whom = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return seconds, sum(resource.getrusage(who).ru_maxrss * 1024 for who in of_whom)
