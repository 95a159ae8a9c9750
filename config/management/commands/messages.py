"""`manage.py messages`: bring the catalogues up to date with the code, or tell what is wrong with them (`--check`)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import catalogues


class Command(BaseCommand):
    help = "Collects the strings for translation into config/locale, keeping what is translated."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; exit with 1 where a catalogue is not complete"
        )

    def handle(self, *_args: Any, check: bool, **_options: Any) -> None:
        if check:
            self._check()
            return
        for language, missing in catalogues.collect().items():
            self.stdout.write(f"{language}: {missing} to translate")
        catalogues.compile_all()

    def _check(self) -> None:
        strings = catalogues.template()
        faults = [fault for language in catalogues.PLURALS for fault in catalogues.faults(language, strings=strings)]
        if faults:
            raise CommandError("\n".join(faults), returncode=1)
        self.stdout.write("The catalogues are complete.")
