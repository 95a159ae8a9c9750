"""`manage.py load_sample`: WSIS Forum 2020 and a current edition, completed with sample data."""

import logging
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

import prizes.sample
import registration.sample
from events.models import Forum
from events.pages import revision
from events.sample import forum as sample_forum
from registration.attendance import tally

DEFAULT_ATTENDEES = 703  # attendances of 300 people


class Command(BaseCommand):
    help = "Loads the sample forums into a database that does not have them yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--attendees",
            type=int,
            default=DEFAULT_ATTENDEES,
            metavar="N",
            help="cumulative attendees of 2020: attendances, all sessions added up (at least 100)",
        )
        parser.add_argument(
            "--ballots",
            type=int,
            default=prizes.sample.BALLOTS_2020,
            metavar="N",
            help="full ballots that count in the prizes of 2020 (at least 100; 110000 make 1,980,000 votes)",
        )
        parser.add_argument("--now", metavar="ISO", help="the moment in whose third week the current edition is")

    def handle(self, *_args: Any, attendees: int, ballots: int, now: str | None, **_options: Any) -> None:
        moment = moment_of(now)
        if not 100 <= attendees <= 1_000_000:
            raise CommandError("--attendees takes a number from 100 to 1000000.")
        if not 100 <= ballots <= 1_000_000:
            raise CommandError("--ballots takes a number from 100 to 1000000.")
        if Forum.objects.filter(slug=sample_forum.SLUG).exists():
            self.stdout.write("The sample forum is here already. Nothing was changed.")
            return
        with quiet(), transaction.atomic():
            past = sample_forum.make_2020()
            current = sample_forum.make_current(moment)
            registration.sample.register(past, attendances=attendees, now=moment)
            registration.sample.register(current, attendances=DEFAULT_ATTENDEES, now=moment)
            prizes.sample.make_2020(past, ballots=ballots)
            prizes.sample.make_current(current, now=moment)
            following = sample_forum.make_next(current)
            prizes.sample.make_next(following, now=moment)
            for forum in (past, current):
                tally.recount(forum, now=moment)
            prizes.sample.publish_document(past, now=moment)
            revision.bump()
        self.stdout.write(
            f"Loaded {past.name} (/{past.slug}/) with {past.sessions.count()} sessions, {attendees} attendances "
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
