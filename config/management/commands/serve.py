"""`manage.py serve`: the whole site under one supervisor — web, workers, beat, and a broker where none is given."""

import fcntl
import os
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.utils import OperationalError

from config.serving import first_start, valkey
from config.serving.supervisor import Child, Supervisor

PATIENCE = 60  # seconds for the first answer of the web server


class Command(BaseCommand):
    help = "Prepares the site and runs it: web server, workers, beat, and an embedded Valkey without REDIS_URL."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--with-parent", action="store_true", help="stop when the starting process is gone")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        check_address(settings.HOST, port=settings.PORT)
        lock = take_data_folder(settings.DATA_DIR)
        parent = os.getppid()
        folder = Path(tempfile.mkdtemp(prefix="wsis-", dir="/tmp"))
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        if not settings.REDIS_URL:
            environment["REDIS_URL"] = f"unix://{folder}/valkey.sock"
        supervisor = Supervisor(
            environment=environment,
            folder=folder,
            is_orphaned=lambda: bool(options["with_parent"]) and os.getppid() != parent,
        )
        with lock, supervisor:
            if not settings.REDIS_URL:
                supervisor.start(
                    "valkey", command=valkey.command(socket=folder / "valkey.sock", data=settings.DATA_DIR / "valkey")
                )
            try:
                login = self.prepare()
            except OperationalError as error:
                raise CommandError(f"The database does not answer: {str(error).splitlines()[0]}") from error
            web = supervisor.start("web", command=web_command())
            await_answer(web, supervisor=supervisor)
            self.say(f"Ready after {time.monotonic() - began:.1f} s: {settings.BASE_URL}/", *login)
            for name, command in background_commands().items():
                supervisor.start(name, command=command)
            supervisor.watch()
            self.say("Stopping …")

    def prepare(self) -> list[str]:
        """Prepare the database and files; return the lines to show about logging in."""
        first_start.tables()
        first_start.static_files()
        if first_start.sample_forum():
            self.say("Loaded the sample forum.")
        logins = [
            ("Log in as:    ", first_start.organiser()),
            ("Second officer:", first_start.second_officer()),
        ]
        connections.close_all()
        lines = [f"Organisers:    {settings.BASE_URL}/admin/"]
        for label, (address, password, kept) in logins:
            if password:
                lines.append(f"{label} {address} with the password {password} (kept in {kept})")
            elif address:
                lines.append(f"{label} {address} with the password kept in {kept}")
        if settings.SHOW_MAIL:
            lines.append(f"Mails sent:    {settings.BASE_URL}/mail/")
        return [*lines, "Stop with Ctrl-C."]

    def say(self, *lines: str) -> None:
        for line in lines:
            self.stdout.write(line)
        self.stdout.flush()


def check_address(host: str, *, port: int) -> None:
    """Refuse, in one sentence, an address on which the site cannot listen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CommandError(
            f"The site cannot listen on {host}, port {port} ({reason}): choose another with PORT=8001 or HOST=…"
        ) from error


def take_data_folder(folder: Path) -> IO[str]:
    """Lock DATA_DIR for this supervisor; refuse when another one holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "serve.lock").open("w")
    except OSError as error:
        raise CommandError(
            f"The site cannot write into {folder} ({error.strerror}): choose another DATA_DIR."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise CommandError(f"The site already runs on {folder}: stop it, or choose another DATA_DIR.") from error
    return lock


def web_command() -> list[str]:
    """Return the command of the web server."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "rsgi", "--loop", "uvloop"),
        *("--host", settings.HOST, "--port", str(settings.PORT)),
        *("--workers", str(settings.WEB_PROCESSES), "--backlog", "2048", "--backpressure", "4096"),
        *("--respawn-failed-workers", "--workers-kill-timeout", "5"),
        *("--no-ws", "--log-level", "warning"),
        "config.rsgi:application",
    ]


def background_commands() -> dict[str, list[str]]:
    """Return the commands of the workers and of beat. Account mail has a worker of its own: it never waits."""
    as_root = "ignore:You're running the worker with superuser"  # a container's only user often is root
    celery = [sys.executable, "-W", as_root, "-m", "celery", "-A", "config", "--quiet"]
    quiet = ["--loglevel", "WARNING"]
    worker = ["worker", *quiet, "--pool", "threads", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    return {
        "account worker": [*celery, *worker, "-Q", "account", "-c", "1", "-n", "account@%h"],
        "bulk worker": [*celery, *worker, "-Q", "bulk", "-c", "2", "-n", "bulk@%h"],
        "beat": [*celery, "beat", *quiet, "--pidfile="],
    }


def await_answer(web: Child, *, supervisor: Supervisor) -> None:
    """Wait until the web server answers; refuse when it ends before or takes too long."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104, compared only
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}/healthz"
    deadline = time.monotonic() + PATIENCE
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while not supervisor.is_stopping:
        try:
            opener.open(address, timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            if web.running is None or web.running.poll() is not None:
                raise CommandError("The web server ended while it was starting; its reason stands above.") from None
            if time.monotonic() > deadline:
                raise CommandError("The web server does not answer.") from None
            time.sleep(0.1)
        else:
            return
