"""`manage.py verify`: whether a backup is whole, or, without a file, whether the running site is."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.running.backup import archive, site_check
from config.running.backup.console import plainly


class Command(BaseCommand):
    help = "Checks a backup without restoring it; without a file: the tables, files and chains of this site."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="a backup of the database and media")
        parser.add_argument("--key", type=Path, metavar="FILE", help="the key of age under which it is sealed")

    @plainly
    def handle(self, *_args: Any, file: Path | None, key: Path | None, **_options: Any) -> None:
        if file is None:
            found = list(site_check.faults())
            if found:
                self.stdout.write("\n".join(found))
                raise CommandError(f"{len(found)} faults.")
            self.stdout.write("Tables, files, chains and bundles agree.")
        elif key is None:
            raise CommandError("Give the key under which it is sealed: --key FILE.")
        else:
            made, files = archive.check(file, key=archive.read_key(key))
            self.stdout.write(f"{file} is whole: as of {made.made}, with {files} uploaded files.")
