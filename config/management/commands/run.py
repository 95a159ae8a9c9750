"""`manage.py run`: prepares the site and becomes its process manager, supervisord, with config/processes.conf."""

import os
import shlex
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from config.running.serving import valkey


class Command(BaseCommand):
    help = "Prepares the site and runs it: web, worker, beat, and a Valkey where REDIS_URL names none. Stop it with Ctrl-C."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        check_address()
        self.stdout.write("Preparing the site: tables, static files, on a new one a sample forum …")
        self.stdout.flush()
        call_command("prepare", stdout=self.stdout)
        connections.close_all()
        self.stdout.write(f"Starting: {settings.BASE_URL}/ answers in a few seconds. Ctrl-C stops everything.")
        self.stdout.flush()
        os.chdir(settings.BASE_DIR)
        supervisord = Path(sys.executable).with_name("supervisord")
        command = [str(supervisord), "--configuration", "config/processes.conf", "--user", str(os.getuid())]
        os.execve(supervisord, command, os.environ | environment())  # noqa: S606


def check_address() -> None:
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
    """What config/processes.conf names, and what the processes read. A socket's path may have 107 bytes at the most."""
    folder = Path(f"/tmp/wsis-{os.getuid()}-{settings.PORT}")  # noqa: S108  closed to others below
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        raise CommandError(f"{folder} is not this user's alone: remove it.")
    shutil.rmtree(
        folder / "metrics", ignore_errors=True
    )  # figures of processes of before (config.running.monitoring.metrics)
    own_broker = valkey.command(socket=folder / "broker.sock", data=settings.DATA_DIR / "valkey")
    given = {
        "RUN_FOLDER": folder,
        "OWN_BROKER": str(not settings.REDIS_URL).lower(),
        "BROKER": shlex.join(own_broker),
        "REDIS_URL": settings.REDIS_URL or f"unix://{folder}/broker.sock",
        "HOST": settings.HOST,
        "PORT": settings.PORT,
        "WEB_PROCESSES": settings.WEB_PROCESSES,
        "WEB_THREADS": settings.WEB_THREADS,
        "LOG_FORMAT": settings.LOG_FORMAT,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": 1,
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
    }
    return {name: str(value) for name, value in given.items()}
