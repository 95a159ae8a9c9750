"""`manage.py serve`: the whole site under one supervisor — web, workers, beat, and a broker where none is given."""

import errno
import os
import socket
import tempfile
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.utils import OperationalError

from config.deploys import control, deployment, site_parts
from config.serving import first_start, systemd, valkey
from config.serving.granian_worker import listening_socket
from config.serving.supervisor import SPARE, VALKEY, Child, Supervisor

PATIENCE = 60  # seconds for the first answer of the web server
LOOK_EVERY = 0.02  # seconds, while a web process loads the site


class Command(BaseCommand):
    help = "Prepares the site and runs it: web server, workers, beat, and an embedded Valkey without REDIS_URL."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--with-parent", action="store_true", help="stop when the starting process is gone")
        parser.add_argument(
            "--only",
            nargs="+",
            choices=site_parts.GROUPS,
            default=site_parts.GROUPS,
            help="run a part of the processes",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        groups = tuple(options["only"])
        lock = take_data_folder(settings.DATA_DIR, groups=groups)
        listening = listen() if site_parts.WEB in groups else None
        parent = os.getppid()
        folder = Path(tempfile.mkdtemp(prefix="wsis-", dir="/tmp"))
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        if not settings.REDIS_URL:
            environment["REDIS_URL"] = f"unix://{folder}/valkey.sock"
        supervisor = Supervisor(
            environment=environment,
            folder=folder,
            is_orphaned=lambda: bool(options["with_parent"]) and os.getppid() != parent,
            listening=listening,
            is_socket_kept=systemd.gives_a_socket(),
        )
        with lock, supervisor, control.Control(folder, lock=lock) as line:
            self.start_all(supervisor, groups=groups, began=began)
            systemd.tell("READY=1")
            supervisor.watch(deployment.serve_callers(supervisor, line, groups=groups))
            self.say("Stopping …")

    def start_all(self, supervisor: Supervisor, *, groups: tuple[str, ...], began: float) -> None:
        """Prepare the site and start its processes; the web first, and say when it answers. One web process loads the site
        while the database is prepared: who waits for an answer meanwhile waits for the longer of the two."""
        parts = site_parts.parts(groups)
        if not settings.REDIS_URL:
            socket_, data = supervisor.folder / "valkey.sock", settings.DATA_DIR / "valkey"
            supervisor.start(Child(VALKEY, valkey.command(socket=socket_, data=data)))
            if not valkey.server().is_of_machine:
                self.say(
                    "The broker is the one of a wheel, to try the site out. Production brings its own (REDIS_URL)."
                )
        try:
            with first_start.alone():
                first_start.static_files()  # a web process reads what they are as it loads
                spare = next((part for part in parts if part.name == SPARE), None)
                loading = supervisor.start(deployment.child_of(spare, deployment.ours())) if spare else None
                login = self.prepare()
            connections.close_all()
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).splitlines()[0]}") from error
        except ValidationError as refusal:  # a restore that is not finished
            raise CommandError(" ".join(refusal.messages)) from refusal
        if loading:
            await_loaded(loading, supervisor=supervisor)
        for part in parts:
            if part.name == SPARE:
                continue
            child = supervisor.start(deployment.child_of(part, deployment.ours()))
            if part.name == "web 1":
                await_answer(child, supervisor=supervisor)
                self.say(f"Ready after {time.monotonic() - began:.1f} s: {settings.BASE_URL}/", *login)

    def prepare(self) -> list[str]:
        """Prepare the database and files; return the lines to show about logging in. What opens something is named at a terminal
        only: else it would stay in the logs of who started the site."""
        first_start.tables()
        if first_start.sample_forum():
            self.say("Loaded the sample forum.")
        logins = [
            ("Log in as:    ", first_start.organiser()),
            ("Second officer:", first_start.second_officer()),
        ]
        lines = [f"Organisers:    {settings.BASE_URL}/admin/"]
        for label, (address, password, kept) in logins:
            if password and self.stdout.isatty():
                lines.append(f"{label} {address} with the password {password} (kept in {kept})")
            elif address:
                lines.append(f"{label} {address} with the password kept in {kept}")
        address, kept = first_start.door_link()
        if address:
            shown = f"{address} (kept in {kept})" if self.stdout.isatty() else f"the address kept in {kept}"
            lines.append(f"A door, today: {shown}")
        if settings.SHOW_MAIL:
            lines.append(f"Mails sent:    {settings.BASE_URL}/mail/")
        return [*lines, "Stop with Ctrl-C."]

    def say(self, *lines: str) -> None:
        for line in lines:
            self.stdout.write(line)
        self.stdout.flush()


def listen(seconds: float = 3) -> socket.socket:
    """Listen where the site shall; refuse, in one sentence, where it cannot. One that was killed may hold the port for a
    moment: it is tried for some `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return systemd.given_socket() or listening_socket()
        except (OSError, OverflowError) as error:
            if time.monotonic() < deadline and getattr(error, "errno", None) == errno.EADDRINUSE:
                time.sleep(0.1)
                continue
            reason = getattr(error, "strerror", None) or error
            raise CommandError(
                f"The site cannot listen on {settings.HOST}, port {settings.PORT} ({reason}): "
                "choose another with PORT=8001 or HOST=…"
            ) from error


def take_data_folder(folder: Path, *, groups: Sequence[str]) -> IO[str]:
    """Lock DATA_DIR for this supervisor; refuse when another one holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = control.lock_of(folder, groups=groups)
    except OSError as error:
        raise CommandError(
            f"The site cannot write into {folder} ({error.strerror}): choose another DATA_DIR."
        ) from error
    if lock is None:
        raise CommandError(f"The site already runs on {folder}: stop it, or choose another DATA_DIR.")
    return lock


def await_loaded(spare: Child, *, supervisor: Supervisor) -> None:
    """Wait until a spare has loaded the site: it becomes the first web process. One that ends is no hindrance."""
    while not (supervisor.is_stopping or spare.is_ready or spare.has_ended):
        time.sleep(LOOK_EVERY)
        supervisor.look()


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
