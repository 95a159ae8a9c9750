"""What /metrics shows, in the words of Prometheus: what web processes have counted, and what the database knows."""

from collections.abc import Iterator

from django.db.models import Count
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from config.models import LastRun
from config.running.monitoring import metrics, parts
from config.running.monitoring.parts import PartState, State
from events.models import Message


def exposition() -> bytes:
    """Return all figures in Prometheus's text format; without those of the database where it does not answer."""
    registry = CollectorRegistry()
    registry.register(_Site())
    return generate_latest(metrics.counted()) + generate_latest(registry)


class _Site(Collector):
    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        states = parts.all_states(now)
        yield from _parts(states)
        if State("database") in states:
            yield from (_mails(), *_runs())


def _gauge(name: str, words: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family


def _parts(states: list[State]) -> Iterator[Metric]:
    ready = {state.part: float(state.found == PartState.OK) for state in states if state.found != PartState.UNKNOWN}
    waits = {state.part: state.seconds for state in states if state.seconds is not None}
    clock = waits.pop("clock", None)
    yield _gauge("wsis_part_ready", "1: the part works; 0: it is gone or late (Site status)", "part", ready)
    yield _gauge("wsis_oldest_due_seconds", "How long the oldest thing waits that is due", "part", waits)
    for state in states:
        if state.numbers:
            yield _gauge(
                "wsis_jobs", "Jobs that were given up, wait too long or are tried again", "concern", {**state.numbers}
            )
    if clock is not None:
        yield GaugeMetricFamily("wsis_clock_off_seconds", "How far this machine's clock is from the database's", clock)


def _mails() -> Metric:
    failed = Message.objects.filter(state=Message.State.FAILED).order_by().values_list("queue")
    numbers = dict.fromkeys(Message.Queue.values, 0.0) | dict(failed.annotate(number=Count("pk")))
    return _gauge("wsis_mails_failed", "Mails of the outbox that have failed", "queue", numbers)


def _runs() -> Iterator[Metric]:
    now, rows = timezone.now(), list(LastRun.objects.order_by("name"))
    done = {row.name: (now - row.done).total_seconds() for row in rows if row.done}
    failed = {row.name: (now - row.failed).total_seconds() for row in rows if row.failed}
    yield _gauge("wsis_task_age_seconds", "Since a task, beat or a backup was last done", "task", done)
    yield _gauge("wsis_task_failure_age_seconds", "Since it last failed", "task", failed)
