"""Beat and the workers' connections with a broker that is away or frozen."""

import threading
import time
import weakref
from types import SimpleNamespace

import pytest
from celery import current_app, signals

from config.background.reconnecting import PAUSE, ReconnectingConnection
from config.background.waking_beat import WakingScheduler
from config.celery import live
from config.serving import heartbeat
from events.broker import breaker


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


def let_run(scheduler, *, seconds):
    """Let beat run; return how long its longest tick took."""
    ends, longest = time.monotonic() + seconds, 0.0
    while (began := time.monotonic()) < ends:
        pause = scheduler.tick()
        longest = max(longest, time.monotonic() - began)
        time.sleep(max(0, min(pause, 0.02)))
    return longest


def test_beat_goes_on_while_the_broker_is_frozen_and_wakes_when_it_is_back(scheduler, own_broker):
    own_broker.freeze()
    longest = let_run(scheduler, seconds=0.6)
    own_broker.thaw()
    own_broker.wipe()
    let_run(scheduler, seconds=1)

    assert longest < breaker.TIMEOUT + 0.5
    assert own_broker.ask("LLEN", "bulk") >= 1


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


def test_worker_tries_again_at_a_steady_pace_until_the_broker_is_back(own_broker):
    own_broker.kill()
    back = threading.Timer(3.1 * PAUSE, own_broker.start)
    told = []
    connection = ReconnectingConnection(own_broker.url.replace("unix", "redis+socket"))

    began = time.monotonic()
    back.start()
    connection.ensure_connection(lambda error, pause: told.append(pause))
    waited = time.monotonic() - began
    connection.release()
    back.join()

    assert told == [PAUSE]  # once
    assert 3 * PAUSE < waited < 5 * PAUSE + 1


def test_workers_use_such_connections_and_never_give_up():
    assert type(current_app.connection_for_read()) is ReconnectingConnection
    assert current_app.conf.broker_connection_max_retries is None
