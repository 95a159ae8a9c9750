"""A worker that nobody wakes wakes itself, and only then. (With real workers: tests/services/test_broker_faults.py.)"""

import time

import pytest
from celery import Celery

from config.background import own_sweeps
from config.background.own_sweeps import OwnSweeps, Sweep
from tests.waiting import until


@pytest.mark.parametrize(
    ("interval", "silent", "since_run", "is_due"),
    [
        (2, 5.9, 100, False),  # three intervals, not over yet
        (2, 6.1, 100, True),
        (2, 6.1, 1.9, False),  # it ran by itself just now
        (2, 60, 2.1, True),
        (1, 4.9, 100, False),  # five seconds at least
        (60, 100, 100, False),
        (60, 181, 181, True),
    ],
)
def test_sweep_is_due_when_nobody_woke_it_for_three_intervals(interval, silent, since_run, is_due):
    now = 1000.0
    sweep = Sweep("task", interval=interval, woken=now - silent, ran=now - since_run)

    assert sweep.is_due(now) == is_due


@pytest.fixture
def ran(monkeypatch):
    """The names of the tasks that a small worker of the queue “mine” ran by itself, and the worker's sweeps."""
    monkeypatch.setattr(own_sweeps, "LEAST_PATIENCE", 0.1)
    monkeypatch.setattr(own_sweeps, "TICK", 0.02)
    names = []
    app = Celery("small", broker="memory://", set_as_current=False)
    app.conf.task_routes = {"mine": {"queue": "mine"}, "broken": {"queue": "mine"}, "other": {"queue": "other"}}
    app.conf.beat_schedule = {name: {"task": name, "schedule": 0.05} for name in ("broken", "mine", "other")}

    @app.task(name="mine", shared=False)
    def mine():
        names.append("mine")

    @app.task(name="other", shared=False)
    def other():
        names.append("other")

    @app.task(name="broken", shared=False)
    def broken():
        raise ValueError

    app.finalize()
    app.amqp.queues.select("mine")
    sweeps = OwnSweeps(app)
    yield names, sweeps
    sweeps.end()


def silent_for(sweeps, seconds):
    """As if nobody had woken the worker for so long. Its thread has ended: the test runs what is due."""
    sweeps.end()
    sweeps._heard -= seconds
    for sweep in sweeps._sweeps.values():
        sweep.woken -= seconds


def run_due(sweeps):
    for sweep in sweeps._sweeps.values():
        if sweep.is_due(time.monotonic()):
            sweeps._run(sweep)


def test_worker_whom_nobody_wakes_runs_the_sweeps_of_its_queues(ran):
    names, _sweeps = ran

    until(lambda: len(names) > 1)

    assert set(names) == {"mine"}


def test_worker_says_that_nobody_wakes_it_and_that_it_is_woken_again(ran, caplog):
    names, sweeps = ran
    silent_for(sweeps, 61)
    names.clear()
    caplog.clear()

    run_due(sweeps)
    run_due(sweeps)
    sweeps.woken("mine")

    assert set(names) == {"mine"}
    assert caplog.messages.count("nobody wakes this worker: it sweeps by itself") == 1
    assert "a sweep of its own failed: broken (ValueError)" in caplog.messages
    assert caplog.messages[-1] == "this worker is woken again"


def test_worker_whose_queue_wakes_others_too_sweeps_and_raises_no_alarm(ran, caplog):
    names, sweeps = ran
    silent_for(sweeps, 61)
    names.clear()
    caplog.clear()

    sweeps.woken("broken")  # “mine” always goes to another worker
    run_due(sweeps)

    assert (names, caplog.messages) == (["mine"], [])


def test_woken_worker_runs_nothing_by_itself(ran):
    names, sweeps = ran
    silent_for(sweeps, 61)
    names.clear()

    sweeps.woken("mine")
    run_due(sweeps)

    assert names == []
