"""`manage.py restore`: a backup into an empty place, and what a restored site has to do before it goes on."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.backup import after_restore, container, restore, secrets_apart
from config.backup.console import add_backup, lines, moment, plainly
from events.models import Restoration


class Command(BaseCommand):
    help = "Restores a backup into an empty database and an empty media folder, while the site is stopped."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_backup(parser)
        parser.add_argument(
            "--stopped",
            type=moment,
            metavar="MOMENT",
            help="when the old site stopped; mails due since the backup and before are held back (unset: now)",
        )
        parser.add_argument(
            "--finish",
            type=moment,
            metavar="MOMENT",
            help="without a file: the database is in place, by base backup and WAL, with the state of this moment",
        )
        parser.add_argument(
            "--without-media", action="store_true", help="with --finish: the media are in their place, or lost"
        )

    @plainly
    def handle(self, *_args: Any, file: Path | None, key: Path | None, **options: Any) -> None:
        now = timezone.now()
        state_of: datetime | None = options["finish"]
        if (file is None) == (state_of is None):
            raise CommandError("Name either the file to restore, or --finish with the moment of the state.")
        secret = container.read_key(key) if key else None
        with restore.site_stopped():
            if file and container.read_head(file).holds == container.KEYS:
                lines(self.stdout.write, secrets_apart.restore(file, key=secret))
                return
            stopped = options["stopped"] or now
            if file:
                found = restore.restore(file, key=secret, stopped=stopped, now=now)
                state_of = found.moment
                self.stdout.write(f"The database is as of {found.made}, with {sum(found.counts.values())} rows.")
                if found.missing:
                    self.stdout.write(f"{len(found.missing)} files that rows name were not in the backup.")
            assert state_of  # noqa: S101
            done = after_restore.finish(
                state_of=state_of,
                stopped=stopped,
                now=timezone.now(),
                has_media=not options["without_media"],
                warn=self.stdout.write,
            )
        self.report(done)

    def report(self, done: Restoration) -> None:
        lines(
            self.stdout.write,
            [
                f"The site is restored; nothing of between {done.state_of.isoformat()} and now is in it.",
                f"{done.held_mails} mails may have been sent before: organisers decide in the outbox (“perhaps delivered”).",
                "The chains of open votes say so in a new block, and the pages tell voters to look at their ballots.",
                "Now run manage.py verify, then start the site.",
            ],
        )
