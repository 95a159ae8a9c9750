"""`manage.py deploy`: the version that this command belongs to takes over from the one that runs."""

import json
import os
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config.celery import app
from config.deploys import control, deployment, site_parts
from config.serving import first_start


class Command(BaseCommand):
    help = "Lets this version of the site take over from the one that manage.py serve runs on the same DATA_DIR."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--with-environment",
            action="store_true",
            help="hand over this command's environment too (new settings); else the processes keep that of manage.py serve",
        )
        parser.add_argument(
            "--only", nargs="+", choices=site_parts.GROUPS, default=(), help="ask the manage.py serve of these only"
        )
        parser.add_argument(
            "--prepare",
            nargs="+",
            choices=site_parts.GROUPS,
            help="what the supervisor runs first: load the site, migrate, collect static files, name the processes",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["prepare"]:
            self.prepare(tuple(options["prepare"]))
            return
        release = deployment.ours()
        request: dict[str, Any] = {"folder": str(release.folder), "python": release.python}
        done: list[str] = []
        if options["with_environment"]:
            request |= {"environment": dict(os.environ), "address": [settings.HOST, settings.PORT]}
        try:
            for name, line in control.running(settings.DATA_DIR, groups=options["only"]):
                if not control.ask(line, request, say=self.say):
                    raise CommandError(f"Not deployed.{_so_far(done)}")
                done.append(name)
        except control.NotRunning as reason:
            raise CommandError(f"{reason}{_so_far(done)}") from reason

    def prepare(self, groups: tuple[str, ...]) -> None:
        """Load everything that the new processes will load, before anything is changed; then change."""
        call_command("check", verbosity=0)
        import_module("config.rsgi")
        app.loader.import_default_modules()
        with first_start.alone():
            first_start.tables()
            first_start.static_files()
        self.say(json.dumps([asdict(part) for part in site_parts.parts(groups)]))

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _so_far(done: Sequence[str]) -> str:
    """Say which groups run the new version already, where a later one does not; "" when none does."""
    if not done:
        return ""
    return f" The new version runs already: {', '.join(done)}. Deploy again for the rest."
