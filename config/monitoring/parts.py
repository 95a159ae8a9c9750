"""The parts of the site, and what state each is in. Every function asks its part once, and says what it found."""

import os
import secrets
import shutil
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import redis
from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, connection, transaction
from django.db.models import Min, Q
from django.utils import timezone

from config.errors import Trouble, trouble_of
from config.monitoring import heartbeats
from config.monitoring.heartbeats import Kind, Process
from events.models import Message
from prizes import scheduler
from registration.attendance import tally

TIMEOUT = 1.0  # seconds that a part has for one answer
LEAST_SPACE = 50_000_000  # bytes in DATA_DIR: an organiser's largest upload
READ_ONLY_TRANSACTION = "25006"  # SQLSTATE
IDLE = timedelta(minutes=2)  # without a task, though each queue has one every few seconds
AWAY = (OperationalError, InterfaceError, InternalError, OSError)  # not our faults: those are told with their place
APART = timedelta(seconds=5)  # that two clocks may differ
ASK_TIME = {"postgresql": "clock_timestamp()", "sqlite": "strftime('%s', 'now')"}
# How long the oldest thing that is due may wait.
PATIENCE = {
    "mail account": timedelta(seconds=40),
    "mail bulk": timedelta(minutes=15),
    "tally": timedelta(minutes=5),
    "vote": timedelta(minutes=5),
}


class Found(StrEnum):
    """What was found of a part. One of GONE: it is not there. What is late comes, but later."""

    OK = "ok"
    NO_ANSWER = "no answer"
    READ_ONLY = "read only"
    DISK_FULL = "disk full"
    SILENT = "silent"
    STUCK = "stuck"
    LATE = "late"
    OFF = "off"
    UNKNOWN = "unknown"


GONE = frozenset({Found.NO_ANSWER, Found.READ_ONLY, Found.DISK_FULL, Found.SILENT, Found.STUCK})


@dataclass(frozen=True)
class State:
    """One part: its name, what was found, since when (where that is known), and how many seconds the oldest thing waits."""

    part: str
    found: Found = Found.OK
    since: datetime | None = None
    seconds: float | None = None

    @property
    def is_gone(self) -> bool:
        return self.found in GONE

    @property
    def is_needed(self) -> bool:
        """Whether the site cannot do without it. Workers go on by themselves where broker or beat are away."""
        return self.part not in {"broker", "beat"}


# --- what needs no database -----------------------------------------------------------------------
def web(now: datetime) -> list[State]:
    """This process answers; can it also write files?"""
    try:
        is_full = shutil.disk_usage(settings.DATA_DIR).free < LEAST_SPACE
        is_open = os.access(settings.DATA_DIR, os.W_OK)
    except OSError:
        return [State("web", Found.READ_ONLY)]
    return [State("web", Found.DISK_FULL if is_full else Found.OK if is_open else Found.READ_ONLY)]


def broker(now: datetime) -> list[State]:
    """Whether the broker takes what is written; a site without REDIS_URL has none to ask."""
    if not settings.REDIS_URL:
        return [State("broker")]
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT, retry=None) as client:
            client.set("broker:probe", 1, ex=60)  # a full disk or memory answers, and refuses what is written
    except redis.RedisError:
        return [State("broker", Found.NO_ANSWER)]
    return [State("broker")]


# --- the database, and what it knows --------------------------------------------------------------
def database(now: datetime) -> list[State]:
    """Whether the database takes a write, and what it knows of the others, which are unknown where it does not answer."""
    try:
        write_a_little()
    except AWAY as error:
        found = reason(error)
    else:
        found = Found.OK
    try:
        rest = [] if found == Found.NO_ANSWER else [*processes(heartbeats.read()), *backlogs(now), clock()]
    except AWAY:
        found, rest = Found.NO_ANSWER, []
    return [State("database", found), *(rest or [State(part, Found.UNKNOWN) for part in known_by_database()])]


def known_by_database() -> list[str]:
    return [*(f"worker {queue}" for queue in queues()), "beat", *PATIENCE, "clock"]


def queues() -> list[str]:
    """The queues that some worker must work off."""
    routes = (route["queue"] for route in settings.CELERY_TASK_ROUTES.values())
    return sorted({settings.CELERY_TASK_DEFAULT_QUEUE, *routes})


def write_a_little() -> None:
    """Write a row and delete it, and let PostgreSQL write a file of its own: a row may find room on a full disk.

    The row is this call's own: nobody waits for anybody, and nobody ever sees it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SET LOCAL statement_timeout = {int(TIMEOUT * 1000)}")
            cursor.execute("SET LOCAL work_mem = '64kB'")
            cursor.execute("SELECT count(*) FROM generate_series(1, 20000)")  # 20,000 rows do not fit: they are spilled
        process = secrets.token_hex(8)
        heartbeats.write(Kind.WEB, node=socket.gethostname(), process=process)
        heartbeats.take_leave(process=process)


def reason(error: Exception) -> Found:
    """What an error of the database says of it."""
    if trouble_of(error) is Trouble.FULL:
        return Found.DISK_FULL
    is_standby = getattr(error.__cause__, "sqlstate", None) == READ_ONLY_TRANSACTION
    return Found.READ_ONLY if is_standby or "readonly database" in str(error) else Found.NO_ANSWER


def processes(found: Sequence[Process]) -> list[State]:
    """The workers of each queue, and beat: at least one must live and work."""
    workers = [process for process in found if process.kind == Kind.WORKER]
    beats = [process for process in found if process.kind == Kind.BEAT]
    of_queues = [_best(f"worker {queue}", [one for one in workers if one.queue == queue]) for queue in queues()]
    return [*of_queues, _best("beat", beats)]


def _best(part: str, found: Sequence[Process]) -> State:
    """The state of the best of some processes that do the same."""
    alive = [process for process in found if process.is_alive]
    if not alive:
        return State(part, Found.SILENT, since=max((process.seen for process in found), default=None))
    if any(process.work_age <= IDLE for process in alive):
        return State(part)
    return State(part, Found.STUCK, since=max(process.worked for process in alive))


def clock() -> State:
    """Whether the clock of this machine is that of the database, by which the machines are compared."""
    with connection.cursor() as cursor:
        before = timezone.now()
        cursor.execute(f"SELECT {ASK_TIME[connection.vendor]}")
        told = cursor.fetchone()[0]
        after = timezone.now()
    there = told if isinstance(told, datetime) else datetime.fromtimestamp(float(told), UTC)
    apart = max(before - there, there - after, timedelta())
    return State("clock", Found.OFF if apart > APART else Found.OK, seconds=round(apart.total_seconds(), 3))


def backlogs(now: datetime) -> list[State]:
    """Whether mails, the tally and the vote keep up: since when the oldest thing waits that is due."""
    state = Message.State
    due = Q(state=state.QUEUED, due__lte=now) | Q(state=state.SENDING, leased_until__lte=now)
    oldest = dict(Message.objects.filter(due).order_by().values_list("queue").annotate(first=Min("due")))
    waits = {
        **{f"mail {queue}": oldest.get(queue) for queue in Message.Queue.values},
        "tally": tally.waits_since(now),
        "vote": scheduler.waits_since(now),
    }
    return [_backlog(part, since=since, now=now) for part, since in waits.items()]


def _backlog(part: str, *, since: datetime | None, now: datetime) -> State:
    if since is None:
        return State(part, seconds=0)
    age = max(now - since, timedelta())
    return State(part, Found.LATE if age > PATIENCE[part] else Found.OK, since=since, seconds=age.total_seconds())
