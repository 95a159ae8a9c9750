"""The sample editions: phases, categories, and the officers who acted in them."""

from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from events.models import ActionLine, Forum, User
from events.reference.standard_rows import data
from prizes.models import Category, Edition, Phase
from prizes.sample.loading import accounts

GENEVA = ZoneInfo("Europe/Zurich")
NOMINEES_2020 = 25  # the largest list of the 353; later editions allow 20


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
    edges = [
        today - timedelta(days=150),
        today - timedelta(days=60),
        today - timedelta(days=14),
        close,
        ceremony,
        ceremony + timedelta(days=5),
    ]
    return _make(forum, edges=edges, votes_final=False)


def _make(forum: Forum, *, edges: list[datetime], **rules: Any) -> Edition:
    name = f"WSIS Prizes {forum.starts.year}"
    edition = Edition.objects.create(forum=forum, name=name, is_public=True, **rules)
    Phase.objects.bulk_create(
        Phase(edition=edition, kind=kind, starts=starts, ends=ends)
        for kind, (starts, ends) in zip(Phase.Kind.values, pairwise(edges), strict=True)
    )
    lines = dict(ActionLine.objects.values_list("code", "pk"))
    Category.objects.bulk_create(
        Category(
            edition=edition,
            number=row["number"],
            action_line_id=lines[row["action_line"]],
            title=row["title"].split(". ", 1)[1],
        )
        for row in data("prize_categories")
        if row["action_line"] in lines
    )
    return edition


def phase(edition: Edition, kind: str) -> Phase:
    """The phase of this kind; every sample edition has all five."""
    return edition.phases.get(kind=kind)


def officers() -> tuple[User, User]:
    """The two officers in whose names the sample was run. Nobody can log in as them."""
    first, second = accounts([(f"officer{n}@staff.sample.invalid", f"Sample officer {n}") for n in (1, 2)])
    return first, second
