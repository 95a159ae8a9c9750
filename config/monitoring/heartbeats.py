"""Heartbeats: the processes write down that they live, and whoever asks reads how long ago that was.

Both by the clock of the database: machines whose own clocks differ do not call each other dead.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Now

from config.models import Heartbeat

Kind = Heartbeat.Kind
PULSE = 3.0  # seconds between two heartbeats of a process
SILENT = timedelta(seconds=12)  # after so long a process counts as gone …
FORGOTTEN = timedelta(days=1)  # … and after so long nobody misses it: the machine was taken away


@dataclass(frozen=True)
class Process:
    """A process as its last heartbeat left it. The ages count from now."""

    kind: str
    queue: str
    node: str
    seen: datetime
    age: timedelta
    worked: datetime
    work_age: timedelta

    @property
    def is_alive(self) -> bool:
        return self.age <= SILENT


def write(kind: str, *, node: str, queues: Iterable[str] = ("",), process: str = "", has_worked: bool = False) -> None:
    """Write that a process lives, in one statement; `has_worked`: that it took (or gave) a task since the last time.

    `process`: a word of its own; two of one machine (at a deploy, say) have a row each.
    """
    about = {"kind": kind, "node": node, "process": process, "seen": Now(), "worked": Now()}
    Heartbeat.objects.bulk_create(
        [Heartbeat(queue=queue, **about) for queue in sorted(queues)],
        update_conflicts=True,
        unique_fields=["kind", "queue", "node", "process"],
        update_fields=["seen", *(["worked"] if has_worked else [])],
    )


def take_leave(*, process: str) -> None:
    """A process ends in good order: nobody shall miss it."""
    Heartbeat.objects.filter(process=process).delete()


def forget_gone(kind: str, *, node: str, queues: Iterable[str] = ("",)) -> None:
    """Delete the rows of machines that are gone for good, and of silent processes whose like lives on this machine now."""
    replaced = Q(kind=kind, node=node, queue__in=list(queues), seen__lt=Now() - SILENT)
    Heartbeat.objects.filter(replaced | Q(seen__lt=Now() - FORGOTTEN)).delete()


def read() -> list[Process]:
    """The processes that are alive, or were within the last day."""
    rows = Heartbeat.objects.annotate(asked=Now()).order_by("kind", "queue", "node")
    found = [
        Process(
            kind=row.kind,
            queue=row.queue,
            node=row.node,
            seen=row.seen,
            age=row.asked - row.seen,
            worked=row.worked,
            work_age=row.asked - row.worked,
        )
        for row in rows
    ]
    return [process for process in found if process.age < FORGOTTEN]
