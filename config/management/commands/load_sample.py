"""`manage.py load_sample`: WSIS Forum 2020 and a current edition, completed with sample data."""

import logging
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from events.models import Forum
from events.sample import forums
from events.sample.loader import Loader
from events.shared.pages import revision
from prizes.sample import editions
from registration.sessions.attendance import tally
from registration.sessions.certificates import issuing

REGISTRATION = settings.BASE_DIR / "registration" / "data" / "sample"


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    """Four in ten of the current edition wish to be on its list of participants."""
    is_there = row["forum"] == "current" and not row["withdrawn"]
    return {"is_listed": is_there and row["key"].endswith(("2", "5", "6", "9"))}


class Command(BaseCommand):
    help = "Loads the sample forums into a database that does not have them yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--ballots",
            type=int,
            default=editions.BALLOTS_2020,
            metavar="N",
            help="full ballots that count in the prizes of 2020 (at least 100; 110000 make 1,980,000 votes)",
        )
        parser.add_argument("--now", metavar="ISO", help="the moment at which the current edition is in its third week")

    def handle(self, *_args: Any, ballots: int, now: str | None, **_options: Any) -> None:
        moment = moment_of(now)
        if not 100 <= ballots <= 1_000_000:
            raise CommandError("--ballots takes a number from 100 to 1000000.")
        if Forum.objects.filter(slug=forums.SLUG).exists():
            self.stdout.write("The sample forum is here already. Nothing was changed.")
            return
        sample = Loader(now=moment)
        with quiet(), transaction.atomic():
            past, current, following = forums.make(sample)
            for rule in sample.load(REGISTRATION, rest={"registration.Registration": _listed})[
                "registration.CertificateRule"
            ]:
                issuing.issue(rule, now=moment)
            editions.make(sample, (past, current, following), ballots_2020=ballots)
            for forum in (past, current):
                tally.recount(forum, now=moment)
            editions.publish_document(sample, past)
            revision.bump()
        self.stdout.write(
            f"Loaded {past.name} (/{past.slug}/) with {past.sessions.count()} sessions "
            f"and {ballots} full ballots, and {current.name} (/{current.slug}/) with {current.sessions.count()} sessions. "
            f"The prizes of {following.name} (/{following.slug}/) take projects."
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Log only what is wrong: nobody has done what is made up."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)


def moment_of(text: str | None) -> datetime:
    if text is None:
        return timezone.now()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError("--now takes a moment such as 2026-02-03T10:00+01:00.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
