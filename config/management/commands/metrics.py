"""`manage.py metrics`: the figures of this machine's processes, for a machine without a web server (docs/operations.md)."""

from typing import Any

from django.core.management.base import BaseCommand

from config.monitoring.exposition import exposition


class Command(BaseCommand):
    help = "Prints what /metrics shows, for a collector of text files."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(exposition().decode(), ending="")
