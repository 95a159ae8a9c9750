"""What web processes count for /metrics. Several of them put their figures into one folder (PROMETHEUS_MULTIPROC_DIR, which whoever
starts the web server names and empties; prometheus-client's multiprocess mode); without one a process tells its own."""

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

if FOLDER := os.environ.get("PROMETHEUS_MULTIPROC_DIR", ""):
    Path(FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds
OWN = CollectorRegistry()
REQUESTS = Histogram(
    "wsis_request_seconds",
    "Answers to visitors by kind of page, and their time",
    ["kind", "status"],
    buckets=BOUNDS,
    registry=OWN,
)
CHOICES = Counter("wsis_choices", "Choices of voters that were written down", registry=OWN)


def counted() -> CollectorRegistry:
    """What all web processes of this machine have counted."""
    if not FOLDER:
        return OWN
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


def observe_request(kind: str, status: int, seconds: float, *, is_being_made: bool = False) -> None:
    """Count one answer to a visitor and the time that it took.

    `kind`: what sort of page it was: "finished" (out of the page cache), "static", "unknown", or the name of the view;
    never an address. `is_being_made`: its 503 says that a file is being made, which is no fault. Django's own answers are counted
    by `config.running.monitoring.middleware`: whoever answers before Django counts what it answers itself.
    """
    REQUESTS.labels(kind, "being made" if is_being_made else f"{status // 100}xx").observe(seconds)


def count_choice() -> None:
    """Count one choice of a voter that is written down for good."""
    CHOICES.inc()
