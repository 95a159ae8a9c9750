"""The processes that make up the site: web workers, a worker for each queue, beat. Written down as data, so that the
supervisor, which may be older, starts those of a new version as that version says.
"""

from dataclasses import dataclass

from django.conf import settings

from config.serving.process_group import PYTHON
from config.serving.supervisor import SPARE

WEB, WORKERS, BEAT = "web", "workers", "beat"
GROUPS = (WEB, WORKERS, BEAT)


@dataclass(frozen=True)
class Part:
    """One process: its name in messages, its group, its command.

    `listens`: it gets the site's listening socket. `speaks`: it has a heartbeat. `alone`: the old one ends before the
    new one starts; of the others both run for a while.
    """

    name: str
    group: str
    command: list[str]
    listens: bool = False
    speaks: bool = True
    alone: bool = False


def parts(groups: tuple[str, ...] = GROUPS) -> list[Part]:
    """Return the processes of some groups, in the order in which they start."""
    return [part for part in [*_web(), *_background()] if part.group in groups]


def _web() -> list[Part]:
    command = [PYTHON, "-m", "config.serving.granian_worker"]
    serving = [Part(f"web {n + 1}", WEB, command, listens=True) for n in range(settings.WEB_PROCESSES)]
    return [*serving, Part(SPARE, WEB, [*command, "--spare"], listens=True)]


def _background() -> list[Part]:
    """Account mail has a worker of its own: it never waits. Several share all other mails and tasks; one thread of each sends."""
    as_root = "ignore:You're running the worker with superuser"  # a container's only user often is root
    celery = [PYTHON, "-W", as_root, "-m", "celery", "-A", "config", "--quiet"]
    quiet = ["--loglevel", "WARNING"]
    worker = ["worker", *quiet, "--pool", "threads", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    bulk = [*celery, *worker, "-Q", "bulk", "-c", "3", "-n", "bulk@%h"]
    return [
        Part("account worker", WORKERS, [*celery, *worker, "-Q", "account", "-c", "4", "-n", "account@%h"]),
        *(Part(f"bulk worker {n + 1}", WORKERS, bulk) for n in range(settings.BULK_WORKERS)),
        Part("beat", BEAT, [*celery, "beat", *quiet, "--pidfile="], alone=True),
    ]
