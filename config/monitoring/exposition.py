"""What /metrics shows, in the words of Prometheus."""

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from config.monitoring import metrics, process_files
from config.monitoring.process_files import Numbers

OBSERVED = {
    metrics.REQUESTS: (
        "wsis_request_seconds",
        "Answers to visitors by kind of page, and their time",
        ["kind", "status"],
    ),
    metrics.TASKS: ("wsis_task_seconds", "Runs of background tasks, and their time", ["task", "outcome"]),
}


def exposition() -> bytes:
    """Return the figures of all processes of this machine in Prometheus's text format."""
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


def _observed(numbers: Numbers) -> Iterator[Metric]:
    bounds = [*(str(bound) for bound in metrics.BOUNDS), "+Inf"]
    for what, (name, words, labels) in OBSERVED.items():
        family = HistogramMetricFamily(name, words, labels=labels)
        for row, values in sorted(numbers.items()):
            if row[0] == what and len(values) == len(bounds) + 1:
                family.add_metric(row[1:], list(zip(bounds, accumulate(values[:-1]), strict=True)), values[-1])
        yield family
