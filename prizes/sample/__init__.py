"""The sample prizes: the cycle of 2020 at its published scale, and a current edition in the middle of its vote.

What was published of 2020 are sums: 806 submitted, 353 nominated, 90 champions, 18 winners. Projects, entities, experts
and voters are invented and marked as sample data; secrets and nonces of ballots are drawn afresh every time.
"""

from datetime import datetime, timedelta

from events.models import Forum
from events.sample import draw
from prizes.models import Edition, Nomination, Phase
from prizes.outcome_document import versions
from prizes.sample import cycle, entities, nominations, reviews, voters
from prizes.sample.ballots import Filling

BALLOTS_2020 = 420  # full ones that count; 110,000 in the true year
FULL_CURRENT, PARTIAL_CURRENT = 150, 90


def make_2020(forum: Forum, *, ballots: int = BALLOTS_2020) -> Edition:
    """Make the prizes of 2020 with `ballots` full ballots that count; incomplete and set-aside ones come on top.

    Atomicity is the caller's.
    """
    made, rng = cycle.make_2020(forum), draw("prizes 2020")
    officers = cycle.officers(made)
    _nominees(made, submitted=nominations.SUBMITTED_2020, nominated=nominations.NOMINATED_2020, reviews_each=3)
    close = cycle.phase(made, Phase.Kind.VOTING).ends
    suspects = Filling(made, full=ballots, partial=ballots // 16, until=close, rng=rng).fill()
    cycle.set_aside(made, suspects, by=officers)
    cycle.count(made)
    cycle.announce(made, by=officers, rng=rng)
    return made


def make_current(forum: Forum, *, now: datetime) -> Edition:
    """Make the prizes of the current edition: nominees, and the ballots of the first two weeks. Atomicity is the caller's."""
    made, rng = cycle.make_current(forum, now=now), draw("prizes current")
    officers = cycle.officers(made)
    _nominees(made, submitted=nominations.SUBMITTED_CURRENT, nominated=nominations.NOMINATED_CURRENT, reviews_each=2)
    suspects = Filling(made, full=FULL_CURRENT, partial=PARTIAL_CURRENT, until=now, rng=rng).fill()
    # The second has yet to agree.
    day_before = now - timedelta(hours=20)
    cycle.suspect(made, suspects[voters.SCRIPT], kind=voters.SCRIPT, by=officers[0], at=day_before)
    return made


def make_next(forum: Forum, *, now: datetime) -> Edition:
    """Make the prizes of the year after, in their submission phase: projects submitted, and one begun. Atomicity is the caller's."""
    made = cycle.make_next(forum, now=now)
    group, rng = entities.make(rng=draw("entities")), draw("nominations next")
    taken = set(Nomination.objects.values_list("title_key", flat=True))
    nominations.make(made, entities=group, submitted=nominations.SUBMITTED_NEXT, taken=taken, rng=rng, until=now)
    nominations.begin(made, entity=group[0], now=now)
    return made


def publish_document(forum: Forum, *, now: datetime) -> None:
    """Make the Outcome Document of a forum that has prizes, and publish it. Where it cannot be drawn there is none."""
    by = cycle.officers(forum.prize_edition)[0]
    row = versions.ask(forum, language="en", by=by, now=now)
    versions.make_due(now)
    row.refresh_from_db()
    if row.state == row.State.DONE:
        versions.publish(row, by=by, now=now)


def _nominees(made: Edition, *, submitted: tuple[int, ...], nominated: tuple[int, ...], reviews_each: int) -> None:
    """Submissions, reviews and published nominees of an edition."""
    taken = set(Nomination.objects.values_list("title_key", flat=True))
    group = entities.make(rng=draw("entities"))
    rng = draw(f"nominations {made.forum.slug}")
    rows = nominations.make(made, entities=group, submitted=submitted, taken=taken, rng=rng)
    chosen = nominations.publish(made, rows, nominated=nominated, by=cycle.officers(made)[0])
    good = {row.pk for row in chosen}
    reviews.review(made, rows, good=good, per_nomination=reviews_each, rng=draw(f"reviews {made.forum.slug}"))
