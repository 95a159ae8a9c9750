"""`manage.py verify`: whether a backup is whole, or, without a file, whether the running site is."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.backup import archive, container, secrets_apart, site_check
from config.backup.console import add_backup, lines, plainly


class Command(BaseCommand):
    help = "Checks a backup without restoring it; without a file: the tables, files and chains of this site."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_backup(parser)

    @plainly
    def handle(self, *_args: Any, file: Path | None, key: Path | None, **_options: Any) -> None:
        secret = container.read_key(key) if key else None
        if file is None:
            found = list(site_check.faults())
            lines(self.stdout.write, found)
            if found:
                raise CommandError(f"{len(found)} faults.")
            self.stdout.write("Tables, files, chains and bundles agree.")
        elif container.read_head(file).holds == container.KEYS:
            self.stdout.write(f"{file} is whole: {', '.join(secrets_apart.read(file, key=secret))}.")
        else:
            made = archive.check(file, key=secret)
            self.stdout.write(
                f"{file} is whole: as of {made.made}, {sum(made.counts.values())} rows, {len(made.media)} files"
                f" ({len(made.missing)} named by rows are missing)."
            )
