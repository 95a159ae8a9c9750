"""The cycle of a sample edition: its phases, categories and officers, and what happened after the vote of 2020."""

import base64
import random
import secrets
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt

from events.models import ActionLine, Forum, Organisation, Role, User
from events.models.reference import StakeholderType
from events.reference.standard_rows import data
from events.staff import memberships
from prizes import scheduler
from prizes.chain import closing_time
from prizes.fair_play import quarantines
from prizes.models import Announcement, Category, Edition, Phase, PrizeSponsor, Quarantine
from prizes.results import announcements, winners
from prizes.sample.bulk_rows import accounts
from prizes.sample.texts import TEXTS
from prizes.sample.voters import DOUBLE, SCRIPT

GENEVA = ZoneInfo("Europe/Zurich")
SPONSORS = 3
NOMINEES_2020 = 25  # the largest list of the 353; later editions allow 20
SUSPICIONS = {
    SCRIPT: (Quarantine.Kind.SCRIPT, "Filled from one network within six minutes, a choice a second"),
    DOUBLE: (Quarantine.Kind.DOUBLE, "Four addresses that lead to one mailbox, one after the other"),
}


def make_2020(forum: Forum) -> Edition:
    """Make the prizes of 2020: submission from September 2019, ceremony on 7 September 2020. Phase dates are invented."""
    days = [(2019, 9, 5), (2019, 12, 3), (2020, 1, 28), (2020, 2, 25), (2020, 9, 7), (2020, 9, 11)]
    edges = [datetime(*day, tzinfo=GENEVA) for day in days]
    return _make(forum, edges=edges, nominees_per_category=NOMINEES_2020)


def make_current(forum: Forum, *, now: datetime) -> Edition:
    """Make the prizes of the current edition; the vote has been open for two weeks and stays so for three.

    A choice can be changed until the close, as it is a setting: in 2020 votes were final.
    """
    today = datetime.combine(now.astimezone(GENEVA).date(), time(0), tzinfo=GENEVA)
    ceremony = datetime.combine(forum.ends - timedelta(days=6), time(0), tzinfo=GENEVA)
    close = datetime.combine((today + timedelta(days=21)).date(), time(23, 0), tzinfo=GENEVA)
    begins = [today - timedelta(days=before) for before in (150, 60, 14)]
    return _make(forum, edges=[*begins, close, ceremony, ceremony + timedelta(days=5)], votes_final=False)


def make_next(forum: Forum, *, now: datetime) -> Edition:
    """Make the prizes of the year after: projects have been submitted for three weeks, and are for six more."""
    today = datetime.combine(now.astimezone(GENEVA).date(), time(0), tzinfo=GENEVA)
    ceremony = datetime.combine(forum.starts, time(0), tzinfo=GENEVA)
    edges = [today + timedelta(days=days) for days in (-21, 42, 120, 180)]
    return _make(forum, edges=[*edges, ceremony, ceremony + timedelta(days=5)])


def _make(forum: Forum, *, edges: list[datetime], **rules: Any) -> Edition:
    name = f"WSIS Prizes {forum.starts.year}"
    edition = Edition.objects.create(forum=forum, name=name, is_public=True, **rules)
    Phase.objects.bulk_create(
        Phase(edition=edition, kind=kind, starts=starts, ends=ends)
        for kind, (starts, ends) in zip(Phase.Kind.values, pairwise(edges), strict=True)
    )
    lines = {line.code: line for line in ActionLine.objects.all()}
    Category.objects.bulk_create(
        Category(
            edition=edition,
            number=row["number"],
            action_line=lines[row["action_line"]],
            title=row["title"].split(". ", 1)[1],
            short_name=lines[row["action_line"]].short_name,
        )
        for row in data("prize_categories")
        if row["action_line"] in lines
    )
    invented = Organisation.objects.filter(is_sample=True, stakeholder_type=StakeholderType.PRIVATE_SECTOR)
    PrizeSponsor.objects.bulk_create(
        PrizeSponsor(edition=edition, organisation=organisation, order=order)
        for order, organisation in enumerate(invented.order_by("pk")[:SPONSORS], start=1)
    )
    return edition


def phase(edition: Edition, kind: str) -> Phase:
    """The phase of this kind; every sample edition has all five."""
    return edition.phases.get(kind=kind)


def officers(edition: Edition) -> tuple[User, User]:
    """The two officers in whose names a sample edition was run, each with a second factor that nobody has: none can log in."""
    first, second = accounts([(f"officer{n}@staff.sample.invalid", f"Sample officer {n}") for n in (1, 2)])
    for officer in (first, second):
        begun = phase(edition, Phase.Kind.SUBMISSION).starts
        memberships.appoint(officer, role=Role.PRIZE_OFFICER, forum=edition.forum, now=begun)
        secret = encrypt(base64.b32encode(secrets.token_bytes(20)).decode())
        Authenticator.objects.get_or_create(
            user=officer, type=Authenticator.Type.TOTP, defaults={"data": {"secret": secret}}
        )
    return first, second


def suspect(edition: Edition, ballots: list[int], *, kind: str, by: User, at: datetime) -> Quarantine:
    """One officer proposes to set ballots aside: those of a script or of a double."""
    published, reason = SUSPICIONS[kind]
    return quarantines.propose(edition, ballots=ballots, kind=published, reason=reason, by=by, authenticated=at, now=at)


def set_aside(edition: Edition, suspects: dict[str, list[int]], *, by: tuple[User, User]) -> None:
    """Two officers set the suspicious ballots aside on the last day of the vote."""
    first, second = by
    at = phase(edition, Phase.Kind.VOTING).ends - timedelta(hours=9)
    for kind, ballots in suspects.items():
        quarantine = suspect(edition, ballots, kind=kind, by=first, at=at)
        agreed = at + timedelta(hours=2)
        quarantines.agree(quarantine, by=second, authenticated=agreed, now=agreed)


def count(edition: Edition) -> None:
    """Seal the last block and count, as the site does by itself after the close."""
    at = phase(edition, Phase.Kind.VOTING).ends + closing_time.GRACE + timedelta(seconds=10)
    scheduler.close_polls(edition, now=at)
    scheduler.count_first(edition, now=at + timedelta(seconds=5))
    edition.refresh_from_db()


def announce(edition: Edition, *, by: tuple[User, User], rng: random.Random) -> None:
    """Choose the winners and announce champions and winners: proposed by one officer, approved by the other."""
    selection = phase(edition, Phase.Kind.SELECTION)
    begun, over = selection.starts, selection.ends
    reason = "The count was checked by both officers"
    _announce(edition, kind=Announcement.Kind.CHAMPIONS, reason=reason, by=by, at=begun + timedelta(days=6), hours=24)
    for place, found in enumerate(winners.fields(edition)):
        winner = rng.choices(found.champions[: edition.champions_per_category], weights=[5, 4, 3, 2, 2])[0]
        reason = rng.choice(TEXTS["reasons_for_a_winner"])
        winners.choose(winner.nomination, by=by[0], reason=reason, now=begun + timedelta(days=60, hours=place))
    reason = "The ceremony has begun"
    _announce(
        edition, kind=Announcement.Kind.WINNERS, reason=reason, by=by[::-1], at=over + timedelta(hours=13), hours=1
    )


def _announce(edition: Edition, *, kind: str, reason: str, by: tuple[User, ...], at: datetime, hours: int) -> None:
    first, second = by
    row = announcements.propose(edition, kind=kind, at=None, reason=reason, by=first, authenticated=at, now=at)
    approved = at + timedelta(hours=hours)
    announcements.approve(row, by=second, authenticated=approved, now=approved)
