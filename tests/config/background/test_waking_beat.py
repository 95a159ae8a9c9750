"""Beat and the workers' connections with a broker that is away or frozen."""

import time
import weakref
from types import SimpleNamespace

import pytest
from celery import current_app, signals

from config.background.reconnecting import PAUSE, ReconnectingConnection
from config.background.waking_beat import WakingScheduler
from config.celery import live
from config.serving import heartbeat
from tests.waiting import until


@pytest.fixture
def scheduler(tmp_path):
    """Beat's scheduler with one sweep, due at once."""
    scheduler = WakingScheduler(current_app, schedule_filename=str(tmp_path / "schedule"), lazy=True)
    scheduler.setup_schedule()
    name = "deliver mail"
    scheduler.schedule.clear()
    scheduler.merge_inplace({name: current_app.conf.beat_schedule[name] | {"schedule": 0.05}})
    yield scheduler
    scheduler.close()


def test_beat_goes_on_while_the_broker_is_frozen_and_wakes_when_it_is_back(scheduler, waits, own_broker):
    own_broker.freeze()
    until(lambda: scheduler.tick() and waits)
    for _tick in range(20):
        scheduler.tick()
        time.sleep(0.05)  # the sweep is due again
    own_broker.thaw()
    own_broker.wipe()

    until(lambda: scheduler.tick() and own_broker.ask("LLEN", "bulk"))
    assert len(waits) == 1


def test_beat_and_workers_are_ready_once_they_do_something(scheduler, monkeypatch):
    lives = []
    monkeypatch.setattr(heartbeat, "beat_from_a_thread", lives.append)

    signals.celeryd_init.send("bulk@host", instance=SimpleNamespace(hostname="bulk@host"))
    early = list(lives)
    scheduler.tick()
    scheduler.tick()
    live()

    assert (early, lives) == ([], ["beat", "worker"])
    assert live in [
        receiver() for _key, receiver in signals.worker_ready.receivers if isinstance(receiver, weakref.ref)
    ]


def test_worker_tries_again_at_a_steady_pace_until_the_broker_is_back(own_broker, monkeypatch):
    told, pauses = [], []

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 4:
            own_broker.start()

    monkeypatch.setattr("kombu.utils.functional.sleep", sleep)
    connection = ReconnectingConnection(own_broker.url.replace("unix", "redis+socket"))
    own_broker.kill()

    connection.ensure_connection(lambda error, pause: told.append(pause))
    connection.release()

    assert (told, pauses) == ([PAUSE], [PAUSE] * 4)  # told once


def test_workers_use_such_connections_and_never_give_up():
    assert type(current_app.connection_for_read()) is ReconnectingConnection
    assert current_app.conf.broker_connection_max_retries is None
