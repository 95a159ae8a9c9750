"""/healthz and /readyz, and what is found of each part of the site."""

import socket
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone

from config.models import LastRun
from config.running.monitoring import last_runs, parts
from config.running.monitoring.parts import PartState, State
from events.shared.jobs import queue
from tests.factories import MessageFactory

SECOND = timedelta(seconds=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def whole_site(db, now):
    """All has run a moment ago."""
    for name in (*(entry["task"] for entry in project.CELERY_BEAT_SCHEDULE.values()), "beat", "backup"):
        last_runs.note(name, now=now)


def found(now):
    return {state.part: str(state.found) for state in parts.database(now)}


def fail(error):
    def refuse(execute, sql, params, many, context):
        raise error

    return connection.execute_wrapper(refuse)


# --- the addresses --------------------------------------------------------------------------------
def test_healthz_needs_no_database_and_no_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert [client.post(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [405, 405, 405]


def test_readyz_needs_the_database_and_its_tables_and_nothing_else(client, db, settings, tmp_path, monkeypatch):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"  # and there is no worker
    monkeypatch.setattr(parts, "_is_up_to_date", False)
    plans = iter([["a migration"], []])
    monkeypatch.setattr(parts.MigrationExecutor, "migration_plan", lambda *_arguments: next(plans))

    answers = [client.get("/readyz") for _number in range(3)]  # known from then on
    with fail(OperationalError("gone")):
        answers += [client.get("/readyz")]

    assert [(answer.status_code, answer.content) for answer in answers] == [
        (503, b"not ready: migrations\n"),
        (200, b"ok\n"),
        (200, b"ok\n"),
        (503, b"not ready: database\n"),
    ]


# --- workers and beat -----------------------------------------------------------------------------
def test_all_parts_of_a_site_that_works(whole_site, now):
    assert {state.part: str(state.found) for state in parts.all_states(now)} == {
        **dict.fromkeys(("web", "broker", "database", "worker account", "worker bulk", "beat"), "ok"),
        **dict.fromkeys(("mail account", "mail bulk", "tally", "vote", "jobs", "backup", "clock"), "ok"),
    }


def test_worker_counts_as_running_by_the_last_task_of_its_queue(whole_site, now):
    late, account = now + parts.IDLE + SECOND, "events.tasks.deliver_account_mail"
    last_runs.note("events.tasks.make_pdf_files", now=late)
    last_runs.note(account, now=late, has_failed=True)  # it is not known whether it can do anything

    states = {state.part: state for state in parts.database(late)}

    assert [states[part].found for part in ("worker bulk", "worker account", "beat")] == ["ok", "silent", "silent"]
    assert states["worker account"].since == now


def test_site_that_never_had_a_worker_misses_it(db, now):
    names = ("worker account", "worker bulk", "beat", "backup")

    assert [found(now)[name] for name in names] == ["silent", "silent", "silent", "unknown"]


def test_words_of_workers_and_beat(transactional_db, monkeypatch):
    monkeypatch.setattr(last_runs, "_told", {})
    task = type("Task", (), {"name": "events.tasks.deliver_due"})
    for state in ("FAILURE", "RETRY", "SUCCESS"):
        last_runs.task_ended(task, state)
    last_runs.beat_gave()
    LastRun.objects.update(done=None)
    last_runs.task_ended(task, "SUCCESS")  # so soon again: not written
    last_runs.beat_gave()

    rows = {row.name: (row.done, bool(row.failed)) for row in LastRun.objects.all()}
    assert rows == {"events.tasks.deliver_due": (None, True), "beat": (None, False)}


def test_late_mail_job_and_backup_are_told(whole_site, now, monkeypatch):
    MessageFactory(queue="account", state="queued", due=now - 100 * SECOND)
    last_runs.note("backup", now=now - 2 * parts.BACKUP_EVERY)
    for concern, told in (("again", "ok"), ("late", "late"), ("given-up", "late")):
        numbers = dict.fromkeys(("given-up", "late", "again"), 0) | {concern: 1}
        monkeypatch.setattr(queue, "numbers_of_concern", lambda _now, numbers=numbers: numbers)
        states = {state.part: state for state in parts.database(now)}
        assert states["jobs"].found == told

    assert (states["mail account"].found, states["mail account"].seconds) == ("late", 100)
    assert states["backup"].found == "late"


# --- the broker, the database, the disk -----------------------------------------------------------
def test_broker_that_never_answers_is_asked_once(settings):
    settings.REDIS_URL = ""
    none = parts.broker()
    with socket.create_server(("127.0.0.1", 0)) as server:  # takes connections and never answers
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        server.setblocking(False)

        state = parts.broker()

        server.accept()[0].close()
        with pytest.raises(BlockingIOError):
            server.accept()
    assert (none, state) == (State("broker"), State("broker", PartState.NO_ANSWER))


class Cause(Exception):
    def __init__(self, sqlstate):
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "words", "told"),
    [
        ("53100", "could not extend file: No space left on device", PartState.DISK_FULL),
        (None, "database or disk is full", PartState.DISK_FULL),
        ("25006", "cannot execute INSERT in a read-only transaction", PartState.READ_ONLY),
        (None, "attempt to write a readonly database", PartState.READ_ONLY),
        ("57P03", "the database system is starting up", PartState.NO_ANSWER),
        (None, "connection refused", PartState.NO_ANSWER),
    ],
)
def test_reason_why_the_database_takes_no_write(sqlstate, words, told):
    error = OperationalError(words)
    error.__cause__ = Cause(sqlstate)

    assert parts.reason(error) == told


def test_of_a_database_without_answer_nothing_else_is_told(whole_site, now):
    with fail(OperationalError("gone")):
        states = found(now)

    assert states == {"database": "no answer"}


def test_database_that_may_not_be_written_is_told_with_the_rest(whole_site, now):
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        cursor.execute("SET transaction_read_only = on")
    states = found(now)

    assert (states["database"], states["worker bulk"], states["vote"]) == ("read only", "ok", "ok")


def test_asking_leaves_no_row_and_would_notice_a_full_disk(db, now):
    # PostgreSQL refuses files of queries over a limit with another code: what is shown is that one is written at all.
    asked = found(now)["database"]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL temp_file_limit = '10kB'")

    with pytest.raises(DatabaseError, match="temp_file_limit"):
        parts.write_a_little()

    assert (asked, LastRun.objects.count()) == ("ok", 0)


def test_clock_that_differs_from_the_database_is_told(db, time_machine):
    right = parts.clock()
    time_machine.move_to(timezone.now() - timedelta(seconds=60))
    wrong = parts.clock()

    assert (right.found, wrong.found) == (PartState.OK, PartState.OFF)
    assert 59 < wrong.seconds < 61
