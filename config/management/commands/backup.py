"""`manage.py backup`: database and media into one sealed file; the secrets, apart, into another."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.running.backup import archive, secrets_apart
from config.running.backup.console import plainly


class Command(BaseCommand):
    help = "Backs up the database and the media into one new file, sealed by age; with --only-keys the secrets instead."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", type=Path, nargs="?", help="the folder for the new file, which is named by the moment"
        )
        parser.add_argument("--key", type=Path, metavar="FILE", help="the key of age under which it is sealed")
        parser.add_argument(
            "--only-keys", action="store_true", help="back up SECRET_KEY and KEYS_DIR, and nothing else"
        )
        parser.add_argument(
            "--verify", action="store_true", help="read the finished file back, as manage.py verify does"
        )
        parser.add_argument("--new-key", type=Path, metavar="FILE", help="make a key file, and nothing else")

    @plainly
    def handle(self, *_args: Any, folder: Path | None, key: Path | None, **options: Any) -> None:
        if options["new_key"]:
            archive.make_key(options["new_key"])
            self.stdout.write(f"{options['new_key']} is the new key. Without it, what is sealed under it is lost.")
            return
        if folder is None or key is None:
            raise CommandError(
                "Name the folder for the new file, and the key: FOLDER --key FILE (--new-key makes one)."
            )
        ending = archive.SECRETS if options["only_keys"] else archive.SITE
        path, secret = folder / f"forum-{timezone.now():%Y%m%dT%H%M%SZ}{ending}", archive.read_key(key)
        secrets_apart.check_apart(path)
        if options["only_keys"]:
            names = secrets_apart.make(path, key=secret)
            self.stdout.write(f"{path}: {', '.join(names)}. Keep it apart from every backup of the database.")
            return
        made = archive.make(path, key=secret)
        self.stdout.write(f"{path}: {path.stat().st_size} bytes, as of {made.made}")
        if options["verify"]:
            try:
                archive.check(path, key=secret)
            except ValidationError:
                path.rename(path.with_name(f"{path.name}.damaged"))  # or it would pass for a good one
                raise
            self.stdout.write("It was read back and is whole.")
