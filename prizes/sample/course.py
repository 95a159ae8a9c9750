"""What happened after the vote of 2020 in the sample: set aside, sealed, counted, winners chosen, announced by two."""

import random
from datetime import timedelta

from events.models import User
from prizes import scheduler
from prizes.chain import closing_time
from prizes.fair_play import quarantines
from prizes.models import Announcement, Edition, Phase, Quarantine
from prizes.results import announcements
from prizes.results import winners as results_winners
from prizes.sample.edition import phase
from prizes.sample.texts import REASONS
from prizes.sample.voters import DOUBLE, SCRIPT

WORDS = {
    SCRIPT: (Quarantine.Kind.SCRIPT, "Filled from one network within six minutes, a choice a second"),
    DOUBLE: (Quarantine.Kind.DOUBLE, "Four addresses that lead to one mailbox, one after the other"),
}


def set_aside(edition: Edition, suspects: dict[str, list[int]], *, by: tuple[User, User]) -> None:
    """Two officers set the suspicious ballots aside on the last day of the vote."""
    first, second = by
    at = phase(edition, Phase.Kind.VOTING).ends - timedelta(hours=9)
    for sort, ballots in suspects.items():
        kind, reason = WORDS[sort]
        row = quarantines.propose(edition, ballots=ballots, kind=kind, reason=reason, by=first, now=at)
        quarantines.agree(row, by=second, now=at + timedelta(hours=2))


def suspect(edition: Edition, ballots: list[int], *, by: User, hours: int) -> None:
    """One officer proposed to set ballots aside; the second has still to agree."""
    kind, reason = WORDS[SCRIPT]
    at = phase(edition, Phase.Kind.VOTING).starts + timedelta(hours=hours)
    quarantines.propose(edition, ballots=ballots, kind=kind, reason=reason, by=by, now=at)


def count(edition: Edition) -> None:
    """Seal the last block and count, as the site does by itself after the close."""
    at = phase(edition, Phase.Kind.VOTING).ends + closing_time.GRACE + timedelta(seconds=10)
    scheduler.close_polls(edition, now=at)
    scheduler.count_first(edition, now=at + timedelta(seconds=5))
    edition.refresh_from_db()


def announce(edition: Edition, *, by: tuple[User, User], rng: random.Random) -> None:
    """Choose the winners and announce champions and winners: proposed by one officer, approved by the other."""
    first, second = by
    selection = phase(edition, Phase.Kind.SELECTION)
    champions = announcements.propose(
        edition,
        kind=Announcement.Kind.CHAMPIONS,
        at=None,
        reason="The count was checked by both officers",
        by=first,
        now=selection.starts + timedelta(days=6),
    )
    announcements.approve(champions, by=second, now=selection.starts + timedelta(days=7))
    for place, found in enumerate(results_winners.fields(edition)):
        winner = rng.choices(found.champions[: edition.champions_per_category], weights=[5, 4, 3, 2, 2])[0]
        at = selection.starts + timedelta(days=60, hours=place)
        results_winners.choose(winner.nomination, by=first, reason=rng.choice(REASONS), now=at)
    winners = announcements.propose(
        edition,
        kind=Announcement.Kind.WINNERS,
        at=None,
        reason="The ceremony has begun",
        by=second,
        now=selection.ends + timedelta(hours=13),
    )
    announcements.approve(winners, by=first, now=selection.ends + timedelta(hours=14))
