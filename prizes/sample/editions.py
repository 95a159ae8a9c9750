"""The cycles of the sample editions: who ran them, and what happened after the vote of 2020."""

import base64
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt

from events.models import Approval, Forum, Role, User
from events.sample.loader import Loader, read
from events.shared.admin import publishing
from events.shared.rights import memberships
from events.shared.rights.two_people import approvals
from prizes import scheduler
from prizes.chain import closing_time
from prizes.fair_play import quarantines
from prizes.models import Edition, Honour, Nomination, Phase, Quarantine
from prizes.outcome_document import versions
from prizes.results import announcements, winners
from prizes.sample import ballots, projects
from prizes.sample.ballots import DOUBLE, SCRIPT, Filling

BALLOTS_2020 = 420  # full ones that count; 110,000 in the true year
SUSPICIONS = {
    SCRIPT: (Quarantine.Kind.SCRIPT, "Filled from one network within six minutes, a choice a second"),
    DOUBLE: (Quarantine.Kind.DOUBLE, "Four addresses that lead to one mailbox, one after the other"),
}


def make(sample: Loader, forums: Iterable[Forum], *, ballots_2020: int = BALLOTS_2020) -> None:
    """Make the prizes of the three forums, those of 2020 with so many full ballots that count; incomplete and set-aside ones come on
    top. Atomicity is the caller's."""
    years = iter([forum.starts.year for forum in forums])
    rest = {"prizes.Nomination": projects.texts, "prizes.Edition": lambda _row: {"name": f"WSIS Prizes {next(years)}"}}
    made = sample.load(projects.DATA, rest=rest)
    past, current, _coming = made["prizes.Edition"]
    rows = read(projects.DATA / "nominations.csv")
    ballots.confirm({row.nominator for row in made["prizes.Nomination"]} | {row.user for row in made["prizes.Expert"]})
    projects.submit(sample, rows)
    for edition in (past, current):
        projects.publish(sample, edition, rows, by=officers(sample, edition)[0])
    projects.review(sample, [past, current])
    _close(sample, past, full=ballots_2020)
    suspects = Filling(current, sample, until=sample.now).fill(ballots.rows_of("current"))
    day_before = sample.now - timedelta(hours=20)  # the second has yet to agree
    suspect(current, suspects[SCRIPT], kind=SCRIPT, by=officers(sample, current)[0], at=day_before)


def officers(sample: Loader, edition: Edition) -> tuple[User, User]:
    """The two officers who are said to have run a sample edition, each with a second factor that nobody has: none can log in."""
    first, second = (sample.row(User, f"officer{number}@staff.sample.invalid") for number in (1, 2))
    ballots.confirm([first, second])
    for officer in (first, second):
        begun = edition.phases.get(kind=Phase.Kind.SUBMISSION).starts
        memberships.appoint(officer, role=Role.PRIZE_OFFICER, forum=edition.forum, now=begun)
        secret = encrypt(base64.b32encode(secrets.token_bytes(20)).decode())
        Authenticator.objects.get_or_create(
            user=officer, type=Authenticator.Type.TOTP, defaults={"data": {"secret": secret}}
        )
    return first, second


def suspect(edition: Edition, found: list[int], *, kind: str, by: User, at: datetime) -> Approval:
    """One officer proposes to set ballots aside: those of a script or of a double."""
    published, reason = SUSPICIONS[kind]
    return quarantines.propose(edition, ballots=found, kind=published, reason=reason, by=by, authenticated=at, now=at)


def _close(sample: Loader, edition: Edition, *, full: int) -> None:
    """The vote, what two officers set aside on its last day, the count, and the champions and winners, announced by two."""
    by, voting = officers(sample, edition), edition.phases.get(kind=Phase.Kind.VOTING)
    at, agreed = voting.ends - timedelta(hours=9), voting.ends - timedelta(hours=7)
    rows = ballots.rows_of("2020", full=full)
    for kind, found in Filling(edition, sample, until=voting.ends).fill(rows).items():
        row = suspect(edition, found, kind=kind, by=by[0], at=at)
        approvals.agree(row, by=by[1], authenticated=agreed, now=agreed)
    over = voting.ends + closing_time.GRACE + timedelta(seconds=10)
    scheduler.close_polls(edition, now=over)
    scheduler.count_first(edition, now=over + timedelta(seconds=5))
    edition.refresh_from_db()
    selection = edition.phases.get(kind=Phase.Kind.SELECTION)
    reason, at = "The count was checked by both officers", selection.starts + timedelta(days=6)
    _announce(edition, kind=Honour.CHAMPIONS, reason=reason, by=by, at=at, hours=24)
    reasons = projects.TEXTS["reasons_for_a_winner"]
    for place, field in enumerate(winners.fields(edition)):
        chosen: Nomination = field.champions[place % 3].nomination
        at = selection.starts + timedelta(days=60, hours=place)
        winners.choose(chosen, by=by[0], reason=reasons[place % len(reasons)], now=at)
    at = selection.ends + timedelta(hours=13)
    _announce(edition, kind=Honour.WINNERS, reason="The ceremony has begun", by=by[::-1], at=at, hours=1)


def _announce(edition: Edition, *, kind: str, reason: str, by: tuple[User, ...], at: datetime, hours: int) -> None:
    first, second = by
    row = announcements.propose(edition, kind=kind, at=None, reason=reason, by=first, authenticated=at, now=at)
    approved = at + timedelta(hours=hours)
    approvals.agree(row, by=second, authenticated=approved, now=approved)


def publish_document(sample: Loader, forum: Forum) -> None:
    """Make the Outcome Document of a forum that has prizes, and publish it. Where it cannot be drawn there is none."""
    by = officers(sample, forum.prize_edition)[0]
    row = versions.ask(forum, language="en", by=by, now=sample.now)
    versions.make_due(sample.now)
    row.refresh_from_db()
    if row.state == row.State.DONE:
        publishing.publish(row, by=by, now=sample.now)
