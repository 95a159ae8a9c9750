"""What /metrics shows, in the words of Prometheus."""

from collections.abc import Iterator
from itertools import accumulate

from django.db.models import Count
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from config.monitoring import heartbeats, metrics, process_files, readiness
from config.monitoring.heartbeats import Process
from config.monitoring.parts import Found
from config.monitoring.process_files import Numbers
from config.monitoring.readiness import Asked
from events.models import Message

type Outbox = list[tuple[str, str, int]]
COUNT_EVERY = 10.0  # seconds between two counts of the whole outbox
KEEPS = 120.0  # seconds for which the last count is told while the next is on its way
PATIENCE = 0.5  # seconds that the count may hold up the other figures

OBSERVED = {
    metrics.REQUESTS: (
        "wsis_request_seconds",
        "Answers to visitors by kind of page, and their time",
        ["kind", "status"],
    ),
    metrics.TASKS: ("wsis_task_seconds", "Runs of background tasks, and their time", ["task", "outcome"]),
}


def exposition() -> bytes:
    """Return the figures of all processes of this machine, and what the database knows, in Prometheus's text format.

    Takes at most two seconds: what the database does not tell in time is left out.
    """
    registry = CollectorRegistry()
    registry.register(_Site())
    return generate_latest(registry)


class _Site(Collector):
    def collect(self) -> Iterator[Metric]:
        metrics.write()
        numbers, processes = process_files.gather()
        yield from _observed(numbers)
        choices = sum(numbers.get((metrics.CHOICES,), [0]))
        yield CounterMetricFamily("wsis_choices", "Choices of voters that were written down", value=choices)
        yield GaugeMetricFamily("wsis_processes", "Processes of the site on this machine that count", value=processes)
        yield from _parts(readiness.report())
        _counted.ask()
        _living.ask()
        yield _ages(_living.said(seconds=PATIENCE))
        yield _mails(_counted.said(seconds=PATIENCE))


def _parts(report: readiness.Report) -> Iterator[Metric]:
    ready = GaugeMetricFamily("wsis_part_ready", "1: the part works; 0: it is gone or late (/readyz)", labels=["part"])
    waits = GaugeMetricFamily("wsis_oldest_due_seconds", "How long the oldest thing waits that is due", labels=["part"])
    clock = GaugeMetricFamily(
        "wsis_clock_off_seconds", "How far this machine's clock is from the database's", labels=[]
    )
    for state in report.states:
        if state.found != Found.UNKNOWN:  # what only the database knows is not gone with it
            ready.add_metric([state.part], float(state.found == Found.OK))
        if state.seconds is None:
            continue
        if state.part == "clock":
            clock.add_metric([], state.seconds)
        else:
            waits.add_metric([state.part], state.seconds)
    yield from (ready, waits, clock)


def _mails(outbox: Outbox) -> Metric:
    mails = GaugeMetricFamily("wsis_outbox_mails", "Mails of the outbox", labels=["queue", "state"])
    for queue, state, number in outbox:
        mails.add_metric([queue, state], number)
    return mails


def _ages(processes: list[Process]) -> Metric:
    labels = ["kind", "queue", "node"]
    ages = GaugeMetricFamily("wsis_heartbeat_age_seconds", "Since a process was last known to live", labels=labels)
    for process in processes:
        ages.add_metric([process.kind, process.queue, process.node], process.age.total_seconds())
    return ages


def _count_outbox() -> Outbox:
    counted = Message.objects.order_by("queue", "state").values_list("queue", "state").annotate(number=Count("pk"))
    return list(counted)


_counted: Asked[Outbox] = Asked(lambda now: _count_outbox(), silent=list, every=COUNT_EVERY, keeps=KEEPS)
_living: Asked[list[Process]] = Asked(lambda now: heartbeats.read(), silent=list)


def _observed(numbers: Numbers) -> Iterator[Metric]:
    bounds = [*(str(bound) for bound in metrics.BOUNDS), "+Inf"]
    for what, (name, words, labels) in OBSERVED.items():
        family = HistogramMetricFamily(name, words, labels=labels)
        for row, values in sorted(numbers.items()):
            if row[0] == what and len(values) == len(bounds) + 1:
                family.add_metric(row[1:], list(zip(bounds, accumulate(values[:-1]), strict=True)), values[-1])
        yield family
