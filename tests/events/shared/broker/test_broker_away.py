"""A broker that is away or frozen: the first one waits a second or two, then memory takes its place; it is asked again soon."""

import socket
import time

import pytest
import redis
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache

from events.shared.broker import cache as broker_cache
from events.shared.broker import wake_ups
from events.shared.broker.wake_ups import wake
from tests.waiting import until

TASK = "events.tasks.deliver_due"


@pytest.fixture
def silent(settings, monkeypatch):
    """The address of a server that takes connections and never answers."""
    monkeypatch.setattr(wake_ups, "_away_until", 0.0)
    monkeypatch.setattr(wake_ups, "APART", 0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        settings.REDIS_URL = settings.CELERY_BROKER_URL = url
        settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": url}}
        yield url


def seconds(act):
    began = time.monotonic()
    act()
    return time.monotonic() - began


# --- a server that never answers ------------------------------------------------------------------
@pytest.mark.parametrize("act", [lambda: cache.get("key"), lambda: wake(TASK)], ids=["cache", "wake-up"])
def test_only_the_first_waits_for_a_silent_broker(silent, act, caplog):
    waited = seconds(act)
    for _each in range(50):
        act()

    assert (0.9 < waited < 5, len(caplog.messages)) == (True, 1)  # each wait is told


def test_without_the_memory_everybody_gets_an_error(silent):
    """The control of the test above: the server does hold its clients."""
    plain = RedisCache(silent, {"OPTIONS": {"socket_timeout": 0.1}})

    for _each in range(2):
        with pytest.raises(redis.TimeoutError):
            plain.get("key")


def test_memory_takes_the_place_of_a_silent_broker(silent):
    cache.set("word", {"a": 1})
    cache.set_many({"one": 1, "two": 2})

    assert cache.get("word") == {"a": 1}
    assert (cache.add("lock", 1), cache.add("lock", 1), cache.delete("lock"), cache.add("lock", 1)) == (
        *(True, False, True, True),
    )
    assert (cache.incr("one"), cache.get_many(["one", "two", "three"])) == (2, {"one": 2, "two": 2})
    assert (cache.has_key("two"), cache.touch("two", 0), cache.has_key("two")) == (True, True, False)
    cache.delete_many(["one", "word"])
    assert cache.get_many(["one", "word"]) == {}
    cache.clear()
    assert cache.get("lock") is None


# --- a real broker --------------------------------------------------------------------------------
def count(broker, queue="bulk"):
    return broker.ask("LLEN", queue)


def test_wake_ups_of_a_rush_are_one_at_once_and_one_for_the_rest(own_broker, monkeypatch):
    monkeypatch.setattr(wake_ups, "APART", 0.5)

    for _time in range(20):
        wake(TASK)

    assert count(own_broker) == 1
    assert until(lambda: count(own_broker) == 2)
    wake(TASK)
    assert count(own_broker) == 2
    assert until(lambda: count(own_broker) == 3)


@pytest.mark.parametrize("fault", ["freeze", "kill"])
def test_healed_broker_is_used_again(own_broker, monkeypatch, fault):
    for module in (broker_cache, wake_ups):
        monkeypatch.setattr(module, "AWAY", 0.2)
    cache.set("key", "before")
    wake(TASK)
    getattr(own_broker, fault)()
    assert (cache.get("key"), cache.set("key", "meanwhile"), cache.get("key")) == (None, None, "meanwhile")
    monkeypatch.setattr(wake_ups, "APART", 0)
    wake(TASK)

    own_broker.thaw() if fault == "freeze" else own_broker.start()

    assert until(lambda: cache.get("key") == "before")  # what it held when it went
    assert until(lambda: wake(TASK) or count(own_broker) >= 2)


def test_restarted_broker_costs_nobody_anything(own_broker, monkeypatch, caplog):
    """The old connections of the cache are gone, and made again."""
    monkeypatch.setattr(wake_ups, "APART", 0)
    cache.set("key", "before")
    wake(TASK)
    own_broker.kill()
    own_broker.start()

    assert cache.get("key") == "before"
    wake(TASK)

    assert (count(own_broker), caplog.messages) == (2, [])


def test_wake_ups_stand_in_the_queue_of_their_task(own_broker):
    for task in (TASK, "events.tasks.deliver_account_mail"):
        wake(task)

    assert [count(own_broker, queue) for queue in ("bulk", "account")] == [1, 1]


def test_full_broker_is_left(own_broker):
    own_broker.ask("CONFIG", "SET", "maxmemory", "1")

    cache.set("key", "meanwhile")
    wake(TASK)

    assert cache.get("key") == "meanwhile"
