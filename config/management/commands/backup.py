"""`manage.py backup`: database and media into one file; the secrets, apart, into another."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.backup import archive, container, secrets_apart
from config.backup.console import plainly


class Command(BaseCommand):
    help = "Backs up the database and the media into one new file of mode 600; with --only-keys the secrets instead."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "target", type=Path, nargs="?", help="the new file, or a folder for a file named by the moment"
        )
        parser.add_argument("--key", type=Path, metavar="FILE", help="seal it under the key in this file")
        parser.add_argument(
            "--only-keys", action="store_true", help="back up SECRET_KEY and KEYS_DIR, and nothing else"
        )
        parser.add_argument(
            "--verify", action="store_true", help="read the finished file back, as manage.py verify does"
        )
        parser.add_argument("--new-key", type=Path, metavar="FILE", help="make a key file, and nothing else")

    @plainly
    def handle(self, *_args: Any, target: Path | None, key: Path | None, **options: Any) -> None:
        if options["new_key"]:
            container.make_key(options["new_key"])
            self.stdout.write(f"{options['new_key']} is the new key. Without it, what is sealed under it is lost.")
            return
        if target is None:
            raise CommandError("Name the new file, or the folder for it.")
        path = target / archive.file_name(timezone.now(), is_keys=options["only_keys"]) if target.is_dir() else target
        holds = container.KEYS if options["only_keys"] else container.SITE
        secrets_apart.check_apart(path.resolve().parent, holds=holds)
        secret = container.read_key(key) if key else None
        if options["only_keys"]:
            names = secrets_apart.make(path, key=secret)
            self.stdout.write(f"{path}: {', '.join(names)}. Keep it apart from every backup of the database.")
            return
        made = archive.make(path, key=secret)
        rows, files = sum(made.counts.values()), len(made.media)
        self.stdout.write(f"{path}: {path.stat().st_size} bytes, {rows} rows, {files} files, as of {made.made}")
        if options["verify"]:
            archive.check_new(path, key=secret)
            self.stdout.write("It was read back and is whole.")
        if made.missing:
            self.stdout.write(
                f"{len(made.missing)} files that rows name are not in MEDIA: {', '.join(made.missing[:5])}"
            )
