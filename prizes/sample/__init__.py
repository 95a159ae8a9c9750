"""The sample prizes: the cycle of 2020 at its published scale, and a current edition in the middle of its vote.

What was published of 2020 are sums: 806 submitted, 353 nominated, 90 champions, 18 winners. Projects, entities, experts
and voters are invented and marked as sample data; secrets and nonces of ballots are drawn afresh every time.
"""

from datetime import datetime

from events.models import Forum
from events.sample import draw
from prizes.models import Edition, Nomination, Phase
from prizes.sample import course, edition, entities, nominations, reviews, voters
from prizes.sample.ballots import Filling
from registration.models import Registration

BALLOTS_2020 = 420  # full ones that count; 110,000 in the true year
FULL_CURRENT, PARTIAL_CURRENT = 150, 90
REVIEWS_CURRENT = 2


def make_2020(forum: Forum, *, ballots: int = BALLOTS_2020) -> Edition:
    """Make the prizes of 2020 with `ballots` full ballots that count; incomplete and set-aside ones come on top.

    Atomicity is the caller's.
    """
    made = edition.make_2020(forum)
    rng = draw("prizes 2020")
    first, second = edition.officers()
    _nominees(made, submitted=nominations.SUBMITTED_2020, nominated=nominations.NOMINATED_2020, reviews_each=3)
    crowd = voters.Crowd(full=ballots, partial=ballots // 16)
    close = edition.phase(made, Phase.Kind.VOTING).ends
    people = list(Registration.objects.filter(forum=forum, is_sample=True).order_by("pk"))
    electorate = voters.draw(people, count=len(crowd.kinds), rng=rng)
    filling = Filling(made, crowd=crowd, electorate=electorate, until=close, rng=rng)
    suspects = filling.fill(sealed_hours=filling.hours - 1)
    course.set_aside(made, suspects, by=(first, second))
    course.count(made)
    course.announce(made, by=(first, second), rng=rng)
    return made


def make_current(forum: Forum, *, now: datetime) -> Edition:
    """Make the prizes of the current edition: nominees, and the ballots of the first two weeks. Atomicity is the caller's."""
    made = edition.make_current(forum, now=now)
    rng = draw("prizes current")
    first, _second = edition.officers()
    _nominees(
        made,
        submitted=nominations.SUBMITTED_CURRENT,
        nominated=nominations.NOMINATED_CURRENT,
        reviews_each=REVIEWS_CURRENT,
    )
    crowd = voters.Crowd(full=FULL_CURRENT, partial=PARTIAL_CURRENT)
    people = list(Registration.objects.filter(forum=forum, is_sample=True).order_by("pk"))
    electorate = voters.draw(people, count=len(crowd.kinds), rng=rng)
    filling = Filling(made, crowd=crowd, electorate=electorate, until=now, rng=rng)
    suspects = filling.fill()
    course.suspect(made, suspects[voters.SCRIPT], by=first, hours=filling.hours - 20)
    return made


def _nominees(
    made: Edition, *, submitted: tuple[int, ...], nominated: tuple[int, ...], reviews_each: int
) -> list[Nomination]:
    """Submissions, reviews and published nominees of an edition."""
    first, _second = edition.officers()
    rng = draw(f"nominations {made.forum.slug}")
    taken = set(Nomination.objects.values_list("title_key", flat=True))
    group = entities.make(rng=draw("entities"))
    rows = nominations.make(made, entities=group, submitted=submitted, taken=taken, rng=rng)
    chosen = nominations.publish(made, rows, nominated=nominated, by=first, rng=rng)
    good = {row.pk for row in chosen}
    reviews.review(made, rows, good=good, per_nomination=reviews_each, rng=draw(f"reviews {made.forum.slug}"))
    return chosen
