"""/healthz and /readyz: each part is told apart, nobody waits for one that hangs, and who asks often asks nobody more."""

import socket
import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from config.models import Heartbeat
from config.monitoring import heartbeats, parts, readiness
from config.monitoring.heartbeats import Kind
from config.monitoring.parts import Found, State
from config.monitoring.readiness import Asked, Readiness
from tests.factories import MessageFactory

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch):
    monkeypatch.setattr(readiness, "_readiness", Readiness())


@pytest.fixture
def whole_site(transactional_db):
    """Heartbeats of everything that the site needs."""
    heartbeats.write(Kind.WORKER, node="account@one", queues=["account"])
    heartbeats.write(Kind.WORKER, node="bulk@one", queues=["bulk"])
    heartbeats.write(Kind.BEAT, node="one")


def found():
    return {state.part: str(state.found) for state in parts.database(timezone.now())}


def silence(seconds=60, **which):
    Heartbeat.objects.filter(**which).update(seen=Now() - timedelta(seconds=seconds))


def idle(**which):
    Heartbeat.objects.filter(**which).update(worked=Now() - timedelta(minutes=5))


# --- the addresses --------------------------------------------------------------------------------
def test_healthz_needs_no_database_and_no_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert [client.post(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [405, 405, 405]


def test_readyz_tells_every_part(client, whole_site):
    answer = client.get("/readyz")

    assert (answer.status_code, answer.content.decode()) == (
        200,
        "ok\nweb: ok\ndatabase: ok\nworker account: ok\nworker bulk: ok\nbeat: ok\n"
        "mail account: ok\nmail bulk: ok\ntally: ok\nvote: ok\nclock: ok\nbroker: ok\n",
    )


def test_readyz_names_what_is_gone(client, whole_site, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    silence(queue="bulk")

    answer = client.get("/readyz")
    lines = answer.content.decode().splitlines()

    assert (answer.status_code, lines[0]) == (503, "not ready: worker bulk")
    assert {"worker account: ok", "worker bulk: silent", "broker: no answer"} <= set(lines)


@pytest.mark.parametrize(
    "stranger",
    [{"REMOTE_ADDR": "203.0.113.9"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, {"HTTP_AUTHORIZATION": "Bearer x"}],
)
def test_readyz_tells_strangers_one_word(client, whole_site, settings, stranger):
    settings.METRICS_TOKEN = "t" * 20
    stranger = {"REMOTE_ADDR": "203.0.113.9"} | stranger
    ready = client.get("/readyz", **stranger)
    silence(queue="bulk")
    readiness._readiness = readiness.Readiness()  # asked anew
    gone = client.get("/readyz", **stranger)
    monitor = client.get("/readyz", REMOTE_ADDR="203.0.113.9", HTTP_AUTHORIZATION=f"Bearer {'t' * 20}")

    assert [(one.status_code, one.content) for one in (ready, gone)] == [(200, b"ok\n"), (503, b"unready\n")]
    assert "worker bulk: silent" in monitor.content.decode().splitlines()


def test_site_without_a_broker_of_its_own_has_none_to_ask(settings):
    settings.REDIS_URL = ""

    assert parts.broker(timezone.now()) == [State("broker")]


def test_frozen_broker_is_asked_once(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:  # takes connections and never answers
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        server.setblocking(False)

        states = parts.broker(timezone.now())

        server.accept()[0].close()
        with pytest.raises(BlockingIOError):
            server.accept()
    assert states == [State("broker", Found.NO_ANSWER)]


def test_late_mail_is_told_and_is_no_reason_to_take_the_site_away(client, whole_site):
    MessageFactory(queue="account", state="queued", due=timezone.now() - 100 * SECOND)

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert "mail account: late, oldest due 100 s" in answer.content.decode().splitlines()


# --- workers and beat -----------------------------------------------------------------------------
def test_one_living_worker_of_a_queue_is_enough(whole_site):
    heartbeats.write(Kind.WORKER, node="bulk@two", queues=["bulk"])
    silence(node="bulk@one")
    one = found()
    silence(node="bulk@two")

    assert (one["worker bulk"], found()["worker bulk"]) == ("ok", "silent")


def test_process_that_lives_and_does_nothing_is_stuck(whole_site):
    idle(queue="bulk")
    idle(kind=Kind.BEAT)
    one = found()
    heartbeats.write(Kind.WORKER, node="bulk@one", queues=["bulk"], has_worked=True)

    assert (one["worker account"], one["worker bulk"], one["beat"]) == ("ok", "stuck", "stuck")
    assert found()["worker bulk"] == "ok"


def test_site_goes_on_without_broker_and_beat(client, whole_site, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    silence(kind=Kind.BEAT)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.content.decode().splitlines()[0]) == (200, "ok, without beat, broker")


def test_site_that_never_had_a_worker_misses_it(db):
    assert {part: found()[part] for part in ("worker account", "worker bulk", "beat")} == {
        "worker account": "silent",
        "worker bulk": "silent",
        "beat": "silent",
    }


def test_two_workers_of_a_machine_are_two_and_one_leaves_without_the_other(db):
    workers = Heartbeat.objects.filter(kind=Kind.WORKER)
    for process in ("old", "new", "new"):
        heartbeats.write(Kind.WORKER, node="one", queues=["account", "bulk"], process=process)
    rows = workers.count()

    heartbeats.take_leave(process="old")

    assert (rows, set(workers.values_list("process", "queue"))) == (4, {("new", "account"), ("new", "bulk")})


def test_silent_process_is_forgotten_where_its_like_lives_and_a_machine_after_a_day(db):
    for node, process, seconds in [
        ("one", "new", 1),
        ("one", "killed", 60),
        ("two", "killed", 60),
        ("gone", "", 2 * 86_400),
    ]:
        heartbeats.write(Kind.WORKER, node=node, queues=["bulk"], process=process)
        silence(seconds=seconds, node=node, process=process)
    heartbeats.write(Kind.WORKER, node="one", queues=["account"], process="other")
    silence(queue="account")

    heartbeats.forget_gone(Kind.WORKER, node="one", queues=["bulk"])

    workers = Heartbeat.objects.filter(kind=Kind.WORKER)
    assert set(workers.values_list("node", "process")) == {("one", "new"), ("one", "other"), ("two", "killed")}


# --- the database ---------------------------------------------------------------------------------
class Cause(Exception):
    def __init__(self, sqlstate):
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "words", "told"),
    [
        ("53100", "could not extend file: No space left on device", Found.DISK_FULL),
        (None, "database or disk is full", Found.DISK_FULL),
        ("25006", "cannot execute INSERT in a read-only transaction", Found.READ_ONLY),
        (None, "attempt to write a readonly database", Found.READ_ONLY),
        ("57P03", "the database system is starting up", Found.NO_ANSWER),
        (None, "connection refused", Found.NO_ANSWER),
    ],
)
def test_reason_why_the_database_takes_no_write(sqlstate, words, told):
    error = OperationalError(words)
    error.__cause__ = Cause(sqlstate)

    assert parts.reason(error) == told


def test_database_without_answer_makes_the_rest_unknown(db):
    def refuse(execute, sql, params, many, context):
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse):
        states = found()

    assert states["database"] == "no answer"
    assert {name for part, name in states.items() if part != "database"} == {"unknown"}
    assert len(states) == 9


def test_database_that_may_not_be_written_is_told_with_the_rest(whole_site):
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        try:
            states = found()
        finally:
            cursor.execute("SET default_transaction_read_only = off")

    assert (states["database"], states["worker bulk"], states["vote"]) == ("read only", "ok", "ok")


def test_asking_leaves_no_row_and_waits_for_no_other_process(transactional_db):
    def ask_meanwhile():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '300ms'")
        asked.append(found()["database"])
        connection.close()

    asked = []
    with transaction.atomic():
        parts.write_a_little()  # and it is not through yet
        thread = threading.Thread(target=ask_meanwhile)
        thread.start()
        thread.join()

    assert (asked, Heartbeat.objects.count()) == (["ok"], 0)


def test_full_disk_is_noticed_though_the_row_would_still_fit(whole_site):
    # PostgreSQL refuses files of queries over a limit with another code: what is shown is that one is written at all.
    with connection.cursor() as cursor:
        cursor.execute("SET temp_file_limit = '10kB'")
        try:
            with pytest.raises(OperationalError, match="temp_file_limit"):
                parts.write_a_little()
        finally:
            cursor.execute("RESET temp_file_limit")


def test_full_disk_of_the_files_is_told(monkeypatch):
    monkeypatch.setattr(parts, "LEAST_SPACE", 10**18)

    assert parts.web(timezone.now()) == [State("web", Found.DISK_FULL)]


def test_clock_that_differs_from_the_database_is_told(db, time_machine):
    right = parts.clock()
    time_machine.move_to(timezone.now() - timedelta(seconds=60))
    wrong = parts.clock()

    assert (right.found, wrong.found) == (Found.OK, Found.OFF)
    assert 59 < wrong.seconds < 61


# --- asking ---------------------------------------------------------------------------------------
def test_part_that_hangs_holds_nobody_up_and_is_not_asked_again():
    asked, release = [], threading.Event()

    def hang(now):
        asked.append(now)
        release.wait(10)
        return "here"

    part = Asked(hang, silent=lambda: "silent", every=0)
    began = time.monotonic()
    said = []
    for _number in range(3):
        part.ask()
        said.append(part.said(seconds=0.05))
    waited = time.monotonic() - began
    release.set()
    said.append(part.said(seconds=5))

    assert (said, len(asked)) == (["silent"] * 3 + ["here"], 1)
    assert waited < 8


def test_who_asks_often_asks_the_part_once():
    asked = []
    part = Asked(lambda now: asked.append(now) or len(asked), silent=lambda: 0)

    said = []
    for _number in range(50):
        part.ask()
        said.append(part.said(seconds=1))

    assert said == [1] * 50


def test_part_that_fails_gives_no_answer_and_is_asked_again():
    answers = iter([ZeroDivisionError, 7])

    def ask(now):
        if (answer := next(answers)) is ZeroDivisionError:
            raise ZeroDivisionError
        return answer

    part = Asked(ask, silent=lambda: "silent", every=0)
    said = []
    for _number in range(2):
        part.ask()
        said.append(part.said(seconds=2))

    assert said == ["silent", 7]


def test_state_tells_since_when_it_is_so(monkeypatch):
    states = iter([Found.OK, Found.NO_ANSWER, Found.NO_ANSWER, Found.OK])
    monkeypatch.setattr(parts, "web", lambda now: [State("web", next(states))])
    for name in ("database", "broker"):
        monkeypatch.setattr(parts, name, lambda now: [])
    monkeypatch.setattr(readiness, "ASK_EVERY", 0)
    seen = Readiness()
    for asked in seen._asked:
        asked._every = 0

    since = [seen.report().states[0].since for _number in range(4)]

    assert since[0] < since[1] == since[2] < since[3]


def test_who_comes_while_a_part_has_hung_for_long_waits_no_more(monkeypatch):
    monkeypatch.setattr(readiness, "PATIENCE", 0.2)
    release = threading.Event()
    part = Asked(lambda now: release.wait(10), silent=lambda: "silent", every=0)
    part.ask()
    part.said(seconds=5)

    began = time.monotonic()
    said = [part.said(seconds=5) for _number in range(20)]
    waited = time.monotonic() - began
    release.set()

    assert (said, waited < 5) == (["silent"] * 20, True)
