"""`manage.py restore`: a backup into an empty place, and what a restored site has to do before it goes on."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.running.backup import after_restore, archive, restore, secrets_apart
from config.running.backup.console import moment, plainly


class Command(BaseCommand):
    help = "Restores a backup into an empty database and an empty media folder, while the site is stopped."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="a backup of the database and media, or of the secrets")
        parser.add_argument("--key", type=Path, metavar="FILE", help="the key of age under which it is sealed")
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
            help="without a file: the database is in place with the state of this moment",
        )

    @plainly
    def handle(self, *_args: Any, file: Path | None, key: Path | None, **options: Any) -> None:
        now = timezone.now()
        state_of: datetime | None = options["finish"]
        stopped = options["stopped"] or now
        if file and key and state_of is None:
            with archive.opened(file, key=archive.read_key(key)) as folder:
                if (folder / secrets_apart.SECRET_KEY).exists():
                    self.stdout.write("\n".join(secrets_apart.restore(folder)))
                    return
                state_of = restore.restore(folder, stopped=stopped, now=now).moment
            self.stdout.write(f"The database is as of {state_of.isoformat()}.")
        elif file or state_of is None:
            raise CommandError(
                "Name either the file to restore and its --key, or --finish with the moment of the state."
            )
        done = after_restore.finish(state_of=state_of, stopped=stopped, now=timezone.now(), warn=self.stdout.write)
        self.stdout.write(
            f"The site is restored; nothing of between {done.state_of.isoformat()} and now is in it.\n"
            f"{done.held_mails} mails may have been sent before: organisers decide in the outbox (“perhaps delivered”).\n"
            "The chains of open votes say so in a new block, and the pages tell voters to look at their ballots.\n"
            "Now run manage.py verify, then start the site."
        )
