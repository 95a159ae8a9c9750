"""`manage.py run`: prepares the site and becomes its process manager, supervisord, with config/processes.conf."""

import os
import shlex
import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from config.serving import valkey


class Command(BaseCommand):
    help = "Prepares the site and runs it: web, worker, beat, and a Valkey where REDIS_URL names none. Stop it with Ctrl-C."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.check_address()
        self.stdout.write("Preparing the site: tables, static files, on a new site the sample forum …")
        call_command("prepare", stdout=self.stdout)
        connections.close_all()
        self.stdout.write(f"Starting it: {settings.BASE_URL}/ answers in a few seconds. Stop it with Ctrl-C.")
        self.stdout.flush()
        supervisord = Path(sys.executable).with_name("supervisord")
        os.execve(supervisord, [supervisord, "-c", Path(__file__).parents[2] / "processes.conf"], environment())  # noqa: S606

    def check_address(self) -> None:
        """Refuse, in one sentence, an address at which somebody else listens, or that cannot be."""
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(settings.HOST, settings.PORT)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"The site cannot listen on {settings.HOST}, port {settings.PORT} ({getattr(error, 'strerror', error)}): "
                "choose another with PORT=8001 or HOST=…"
            ) from error


def environment() -> dict[str, str]:
    """What config/processes.conf names, and what the processes read. Sockets have short paths: 107 bytes are the most."""
    folder = Path(f"/tmp/wsis-{os.getuid()}-{settings.PORT}")  # noqa: S108  closed to others below
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        raise CommandError(f"{folder} is not this user's alone: remove it.")
    broker = folder / "broker.sock"
    given = {
        "RUN_FOLDER": folder,
        "OWN_BROKER": str(not settings.REDIS_URL).lower(),
        "BROKER": shlex.join(valkey.command(socket=broker, data=settings.DATA_DIR / "valkey"))
        if not settings.REDIS_URL
        else "true",
        "REDIS_URL": settings.REDIS_URL or f"unix://{broker}",
        "HOST": settings.HOST,
        "PORT": settings.PORT,
        "WEB_PROCESSES": settings.WEB_PROCESSES,
        "WEB_THREADS": settings.WEB_THREADS,
        "LOG_FORMAT": settings.LOG_FORMAT,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": 1,
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
    }
    return os.environ | {name: str(value) for name, value in given.items()}
