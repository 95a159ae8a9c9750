"""The parts of the site, and what state each is in, for /metrics and the organisers' page; and whether this process is ready."""

import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import redis
from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Min, Q
from django.utils import timezone

from config.models import LastRun
from config.running.monitoring import last_runs
from events.models import Message
from events.models.columns import Concern
from events.shared.jobs import queue
from events.shared.jobs.troubles import Trouble, trouble_of
from prizes import scheduler
from registration.sessions.attendance import tally

TIMEOUT = 1.0  # seconds that the broker has to take a connection, and to answer
LEAST_SPACE = 50_000_000  # bytes in DATA_DIR: an organiser's largest upload
READ_ONLY_TRANSACTION = "25006"  # SQLSTATE
AWAY = (OperationalError, InterfaceError, InternalError, OSError)  # not our faults: those are told with their place
APART = timedelta(seconds=5)  # that two clocks may differ
ASK_TIME = {"postgresql": "clock_timestamp()", "sqlite": "strftime('%s', 'now')"}
IDLE = timedelta(minutes=2)  # without a task, though each queue has one every few seconds
BACKUP_EVERY = timedelta(hours=36)  # one each night
# How long the oldest thing that is due may wait.
PATIENCE = {
    "mail account": timedelta(seconds=40),
    "mail bulk": timedelta(minutes=15),
    "tally": timedelta(minutes=5),
    "vote": timedelta(minutes=5),
}


class PartState(StrEnum):
    """What was found of a part. What is late comes, but later."""

    OK = "ok"
    NO_ANSWER = "no answer"
    READ_ONLY = "read only"
    DISK_FULL = "disk full"
    SILENT = "silent"
    LATE = "late"
    OFF = "off"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class State:
    """One part: its name, what was found, since when (where that is known), how many seconds the oldest thing waits, and the numbers by
    which it was judged."""

    part: str
    found: PartState = PartState.OK
    since: datetime | None = None
    seconds: float | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)


def all_states(now: datetime) -> list[State]:
    """All parts, each asked once; without those of which only the database knows where it does not answer."""
    return [web(), broker(), *database(now)]


# --- this process ---------------------------------------------------------------------------------
_is_up_to_date = False  # the tables, of which nobody takes anything away while this process runs


def unready() -> str:
    """Why this process can do nothing for people: "database" or "migrations"; "" where it can."""
    global _is_up_to_date
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _is_up_to_date:
            executor = MigrationExecutor(connection)
            _is_up_to_date = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except AWAY:
        return "database"
    return "" if _is_up_to_date else "migrations"


# --- what needs no database -----------------------------------------------------------------------
def web() -> State:
    """This process answers; can it also write files?"""
    try:
        is_full = shutil.disk_usage(settings.DATA_DIR).free < LEAST_SPACE
        is_open = os.access(settings.DATA_DIR, os.W_OK)
    except OSError:
        return State("web", PartState.READ_ONLY)
    return State("web", PartState.DISK_FULL if is_full else PartState.OK if is_open else PartState.READ_ONLY)


def broker() -> State:
    """Whether the broker takes what is written; a site without REDIS_URL has none to ask."""
    if not settings.REDIS_URL:
        return State("broker")
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT, retry=None) as client:
            client.set("broker:probe", 1, ex=60)  # a full disk or memory answers, and refuses what is written
    except redis.RedisError:
        return State("broker", PartState.NO_ANSWER)
    return State("broker")


# --- the database, and what it knows --------------------------------------------------------------
def database(now: datetime) -> list[State]:
    """Whether the database takes a row, and what it knows of the others."""
    found = PartState.OK
    try:
        write_a_little()
    except AWAY as error:
        found = reason(error)
    try:
        known = [] if found == PartState.NO_ANSWER else [*runs(now), *backlogs(now), jobs(now), clock()]
    except AWAY:
        found, known = PartState.NO_ANSWER, []
    return [State("database", found), *known]


def write_a_little() -> None:
    """Write a row that is not kept, and let PostgreSQL write a file of its own: a row may find room on a full disk."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL work_mem = '64kB'")
            cursor.execute("SELECT count(*) FROM generate_series(1, 20000)")  # 20,000 rows do not fit: they are spilled
        LastRun.objects.create(name=secrets.token_hex(8))
        transaction.set_rollback(True)


def reason(error: Exception) -> PartState:
    """What an error of the database says of it."""
    if trouble_of(error) is Trouble.FULL:
        return PartState.DISK_FULL
    is_standby = getattr(error.__cause__, "sqlstate", None) == READ_ONLY_TRANSACTION
    return PartState.READ_ONLY if is_standby or "readonly database" in str(error) else PartState.NO_ANSWER


def tasks_by_queue() -> dict[str, set[str]]:
    """The tasks that beat wakes, by the queue in which some worker must take them."""
    found: dict[str, set[str]] = {}
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        route = settings.CELERY_TASK_ROUTES.get(entry["task"], {})
        found.setdefault(route.get("queue", settings.CELERY_TASK_DEFAULT_QUEUE), set()).add(entry["task"])
    return dict(sorted(found.items()))


def runs(now: datetime) -> list[State]:
    """Whether somebody does the tasks of each queue, whether beat gives them, and when `manage.py backup` was last through. Whoever backs
    up by other means has none of its rows."""
    done = {row.name: row.done for row in LastRun.objects.all() if row.done}
    named = {f"worker {name}": tasks for name, tasks in tasks_by_queue().items()} | {"beat": {last_runs.BEAT}}
    found = [_seen(part, (done[name] for name in names if name in done), now=now) for part, names in named.items()]
    last = done.get(last_runs.BACKUP)
    late = PartState.UNKNOWN if last is None else PartState.OK if now - last <= BACKUP_EVERY else PartState.LATE
    return [*found, State("backup", late, since=last)]


def _seen(part: str, moments: Iterable[datetime], *, now: datetime) -> State:
    last = max(moments, default=None)
    return State(part) if last and now - last <= IDLE else State(part, PartState.SILENT, since=last)


def clock() -> State:
    """Whether the clock of this machine is that of the database, by which the machines are compared."""
    with connection.cursor() as cursor:
        before = timezone.now()
        cursor.execute(f"SELECT {ASK_TIME[connection.vendor]}")
        told = cursor.fetchone()[0]
        after = timezone.now()
    there = told if isinstance(told, datetime) else datetime.fromtimestamp(float(told), UTC)
    apart = max(before - there, there - after, timedelta())
    return State("clock", PartState.OFF if apart > APART else PartState.OK, seconds=round(apart.total_seconds(), 3))


def backlogs(now: datetime) -> list[State]:
    """Whether mails, the tally and the vote keep up: since when the oldest thing waits that is due."""
    state = Message.State
    due = Q(state=state.QUEUED, due__lte=now) | Q(state=state.SENDING, leased_until__lte=now)
    oldest = dict(Message.objects.filter(due).order_by().values_list("queue").annotate(first=Min("due")))
    waits = {
        **{f"mail {name}": oldest.get(name) for name in Message.Queue.values},
        "tally": tally.waits_since(now),
        "vote": scheduler.waits_since(now),
    }
    return [_backlog(part, since=since, now=now) for part, since in waits.items()]


def _backlog(part: str, *, since: datetime | None, now: datetime) -> State:
    if since is None:
        return State(part, seconds=0)
    age = max(now - since, timedelta())
    return State(
        part, PartState.LATE if age > PATIENCE[part] else PartState.OK, since=since, seconds=age.total_seconds()
    )


def jobs(now: datetime) -> State:
    """Whether no job was given up or waits too long."""
    found = queue.numbers_of_concern(now)
    is_late = found[Concern.GIVEN_UP] or found[Concern.LATE]
    return State("jobs", PartState.LATE if is_late else PartState.OK, numbers=found)
