"""A broker that is away or frozen: who asks first waits 0.3 s, nobody after; healed, it is asked again."""

import logging
import socket
import threading
import time

import pytest
import redis
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache

from events.broker import breaker, wake_ups
from events.broker.wake_ups import wake
from tests.waiting import until

TASK = "events.tasks.deliver_due"


def is_closed(url):
    return until(lambda: not breaker.of(url).is_open)


@pytest.fixture(autouse=True)
def _each_wake_up_is_sent(monkeypatch):
    monkeypatch.setattr(wake_ups, "APART", 0)


@pytest.fixture
def silent_url(settings):
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        settings.REDIS_URL = settings.CELERY_BROKER_URL = url
        settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": url}}
        yield url
        breaker.of(url).is_open = False  # its probe ends


# --- a server that never answers ------------------------------------------------------------------
@pytest.mark.parametrize(
    "first", [lambda: cache.get("key"), lambda: cache.delete("key"), lambda: wake(TASK)], ids=["get", "delete", "wake"]
)
def test_only_the_first_waits_for_a_silent_broker(silent_url, waits, first):
    began = time.monotonic()
    first()
    assert (len(waits), time.monotonic() - began > breaker.TIMEOUT * 0.9) == (1, True)

    for n in range(50):
        cache.add(f"key-{n}", n)
        cache.get("key")
        wake(TASK)

    assert len(waits) == 1


def test_without_the_breaker_everybody_waits_for_a_silent_broker(silent_url):
    """The control of the test above: the server does hold its clients."""
    plain = RedisCache(silent_url, {"OPTIONS": {"socket_timeout": breaker.TIMEOUT}})

    for _each in range(2):
        began = time.monotonic()
        with pytest.raises(redis.TimeoutError):
            plain.get("key")
        assert time.monotonic() - began > breaker.TIMEOUT * 0.9


def test_threads_that_ask_at_once_wait_at_once(silent_url):
    threads = [threading.Thread(target=cache.get, args=["key"]) for _each in range(8)]

    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert time.monotonic() - began < len(threads) * breaker.TIMEOUT


def test_memory_takes_the_place_of_a_silent_broker(silent_url):
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


def test_outage_is_told_once(silent_url, caplog):
    for _each in range(5):
        cache.get("key")
        wake(TASK)

    assert caplog.messages == ["the broker does not answer (TimeoutError): this process goes on without it"]


def test_breaker_without_a_probe_does_not_stay_open(silent_url, monkeypatch):
    def no_thread(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)

    assert cache.get("key", "nothing") == "nothing"
    assert not breaker.of(silent_url).is_open


# --- a real broker --------------------------------------------------------------------------------
def count(broker, queue="bulk"):
    return broker.ask("LLEN", queue)


def test_wake_ups_of_a_rush_are_one_at_once_and_one_for_the_rest(own_broker, monkeypatch):
    monkeypatch.setattr(wake_ups, "APART", 0.5)
    monkeypatch.setattr(wake_ups, "_latest", {})

    for _time in range(20):
        wake(TASK)

    assert count(own_broker) == 1
    assert until(lambda: count(own_broker) == 2)
    wake(TASK)
    assert count(own_broker) == 2
    assert until(lambda: count(own_broker) == 3)


def test_thawed_broker_is_used_again(own_broker, caplog):
    caplog.set_level(logging.WARNING, "events.broker")
    cache.set("key", "before")
    wake(TASK)
    own_broker.freeze()
    assert (cache.get("key"), cache.set("key", "meanwhile"), cache.get("key")) == (None, None, "meanwhile")
    wake(TASK)

    own_broker.thaw()

    assert is_closed(own_broker.url)
    assert cache.get("key") == "before"
    wake(TASK)
    assert count(own_broker) == 2
    assert [message.split(" ")[2:4] for message in caplog.messages] == [["does", "not"], ["answers", "again"]]


def test_wake_up_alone_opens_the_breaker_of_a_frozen_broker(own_broker, waits):
    wake(TASK)  # over a connection that stays
    own_broker.freeze()

    wake(TASK)
    wake(TASK)
    own_broker.thaw()

    assert len(waits) == 1
    assert is_closed(own_broker.url)


def test_killed_broker_is_used_again(own_broker, waits):
    cache.set("key", "before")
    wake(TASK)
    own_broker.kill()
    cache.get("key")
    wake(TASK)
    assert len(waits) == 1

    own_broker.start()

    assert is_closed(own_broker.url)
    assert cache.get("key") == "before"  # out of its append-only file
    wake(TASK)
    assert count(own_broker) == 2


def test_restarted_broker_costs_nobody_anything(own_broker):
    """Its old connections are gone, and found gone before they are used."""
    cache.set("key", "before")
    wake(TASK)
    own_broker.kill()
    own_broker.start()

    assert cache.get("key") == "before"
    wake(TASK)

    assert not breaker.of(own_broker.url).is_open
    assert count(own_broker) == 2


def test_wiped_broker_takes_wake_ups_for_both_queues(own_broker):
    for task in (TASK, "events.tasks.deliver_account_mail"):
        wake(task)
    own_broker.wipe()
    for task in (TASK, "events.tasks.deliver_account_mail"):
        wake(task)

    assert [count(own_broker, queue) for queue in ("bulk", "account")] == [1, 1]


def test_full_broker_is_left_until_it_writes_again(own_broker):
    own_broker.ask("CONFIG", "SET", "maxmemory", "1")
    cache.set("key", "meanwhile")
    assert cache.get("key") == "meanwhile"
    time.sleep(breaker.PROBE_EVERY + 0.1)  # it answers a ping
    assert breaker.of(own_broker.url).is_open

    own_broker.ask("CONFIG", "SET", "maxmemory", "0")

    assert is_closed(own_broker.url)
    assert cache.get("key") is None


def hold_a_lock_over_an_outage(broker):
    """Take a lock and give it back while the broker is frozen: the frozen broker executes what was sent to it when it thaws."""
    cache.set("word", 1)  # a connection that stays
    broker.freeze()
    assert cache.add("lock", 1, timeout=60)
    cache.delete("lock")
    broker.thaw()
    assert is_closed(broker.url)
    return cache.add("lock", 1)


def test_lock_given_back_while_the_broker_was_frozen_is_free(own_broker):
    assert hold_a_lock_over_an_outage(own_broker)


def test_lock_would_stay_taken_if_nothing_were_owed(own_broker, monkeypatch):
    """The control of the test above: a log-in from that address would be refused until the lock runs out."""
    monkeypatch.setattr(breaker.Breaker, "delete_later", lambda self, key: True)

    assert not hold_a_lock_over_an_outage(own_broker)


def test_lock_taken_in_memory_does_not_outlast_the_outage(own_broker):
    own_broker.freeze()
    assert cache.add("lock", 1, timeout=60)
    own_broker.thaw()
    assert is_closed(own_broker.url)
    cache.delete("lock")

    own_broker.freeze()

    assert cache.add("lock", 1)


def test_what_is_owed_is_owed_until_it_is_deleted(own_broker, monkeypatch):
    delete, failures = redis.Redis.delete, []

    def fail_once(self, *keys):
        if not failures:
            failures.append(keys)
            raise redis.TimeoutError
        return delete(self, *keys)

    monkeypatch.setattr(redis.Redis, "delete", fail_once)
    monkeypatch.setattr(breaker, "DELETED_AT_ONCE", 1)
    assert cache.add("another", 1, timeout=60)

    own_broker.freeze()
    cache.get("key")
    for key in ("another", "lock", "third"):
        cache.delete(key)
    own_broker.thaw()

    assert is_closed(own_broker.url)
    assert len(failures) == 1
    assert cache.add("another", 1)


def test_breaker_that_is_closed_owes_nothing(silent_url):
    assert not breaker.of(silent_url).delete_later("key")


def test_memory_is_empty_after_an_outage(own_broker):
    own_broker.freeze()
    cache.set("word", "meanwhile")
    assert cache.get("word") == "meanwhile"
    own_broker.thaw()
    assert is_closed(own_broker.url)

    own_broker.freeze()

    until(lambda: cache.get("word") is None)


def test_memory_keeps_no_files(silent_url):
    cache.set("file", b"x" * 1000)
    cache.set("file", b"x" * 200_000)
    assert cache.add("other", b"x" * 200_000)

    assert cache.get_many(["file", "other"]) == {}
