"""The site's own processes tell that they live; /readyz and /metrics say so within seconds, with real parts."""

import signal
import socket
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from config.models import Heartbeat
from config.monitoring import heartbeats, readiness
from tests import process_group
from tests.factories import MessageFactory

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
WORKER = (
    "-m",
    "celery",
    "-A",
    "config",
    "worker",
    "--pool",
    "threads",
    "-c",
    "1",
    "--without-gossip",
    "--without-mingle",
)
SOON = heartbeats.SILENT.total_seconds() + 8


@pytest.fixture
def start_worker(start_process):
    def start(queue, **environment):
        return start_process(*WORKER, "-Q", queue, "-n", f"{queue}@%h", "--loglevel", "WARNING", **environment)

    return start


@pytest.fixture
def beat(start_process, tmp_path):
    return start_process(
        *("-m", "celery", "-A", "config", "beat", "--loglevel", "WARNING"),
        *("--schedule", str(tmp_path / "schedule"), "--pidfile", ""),
    )


def until(client, head, *, seconds):
    """Ask /readyz until its first line is `head`; return how many seconds it took."""
    began = time.monotonic()
    while (text := client.get("/readyz").content.decode()).splitlines()[0] != head:
        assert time.monotonic() < began + seconds, text
        time.sleep(0.2)
    return time.monotonic() - began


def test_killed_and_frozen_processes_are_named_and_their_return_too(client, start_worker, beat, record_property):
    account, bulk = start_worker("account"), start_worker("bulk")
    until(client, "ok", seconds=60)

    process_group.signal_group(bulk.pid, signal.SIGKILL)
    bulk.wait()
    record_property("killed", until(client, "not ready: worker bulk", seconds=SOON))
    start_worker("bulk")
    until(client, "ok", seconds=60)

    process_group.signal_group(account.pid, signal.SIGSTOP)
    record_property("frozen", until(client, "not ready: worker account", seconds=SOON))
    process_group.signal_group(account.pid, signal.SIGCONT)
    record_property("thawed", until(client, "ok", seconds=5))

    process_group.signal_group(beat.pid, signal.SIGKILL)
    beat.wait()
    record_property("beat", until(client, "ok, without beat", seconds=SOON))


def test_worker_and_beat_that_end_in_good_order_are_missed_at_once(client, start_worker, beat):
    worker = start_worker("account,bulk")
    until(client, "ok", seconds=60)

    for process in (worker, beat):
        process_group.signal_group(process.pid, signal.SIGTERM)
        process.wait(30)

    until(client, "not ready: worker account, worker bulk", seconds=5)
    assert list(Heartbeat.objects.all()) == []


def test_tasks_of_workers_are_counted(client, start_worker, beat, settings, tmp_path):
    settings.DATA_DIR = tmp_path  # one in which nothing was counted yet
    start_worker("account,bulk", DATA_DIR=str(tmp_path))
    MessageFactory(queue="account", state="queued")
    until(client, "ok", seconds=60)

    deadline = time.monotonic() + 20
    name = ("wsis_task_seconds_count", "events.tasks.deliver_account_mail", "succeeded")
    while not (samples := read(client)).get(name):
        assert time.monotonic() < deadline, samples
        time.sleep(0.5)

    assert samples["wsis_processes",] == 1


def read(client):
    text = client.get("/metrics").content.decode()
    families = text_string_to_metric_families(text)
    return {
        (sample.name, *(value for _name, value in sorted(sample.labels.items(), reverse=True))): sample.value
        for family in families
        for sample in family.samples
    }


def test_frozen_broker_holds_readyz_up_for_less_than_two_seconds(client, settings, monkeypatch):
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        monkeypatch.setattr(readiness, "_readiness", readiness.Readiness())
        began = time.monotonic()
        answer = client.get("/readyz")
        waited = time.monotonic() - began

    assert "broker: no answer" in answer.content.decode().splitlines()
    assert waited < 2
