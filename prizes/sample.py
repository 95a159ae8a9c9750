"""The sample prizes: an edition for each sample forum, with its five phases and 18 categories."""

from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from events.models import ActionLine, Forum
from events.reference import data
from prizes.models import Category, Edition, Phase

GENEVA = ZoneInfo("Europe/Zurich")


def make_2020(forum: Forum) -> Edition:
    """Make the prizes of 2020: submission from September 2019, ceremony on 7 September 2020. Phase dates are invented."""
    days = [(2019, 9, 5), (2019, 12, 3), (2020, 1, 28), (2020, 2, 25), (2020, 9, 7), (2020, 9, 11)]
    return _make(forum, edges=[datetime(*day, tzinfo=GENEVA) for day in days])


def make_current(forum: Forum, *, now: datetime) -> Edition:
    """Make the prizes of the current edition; the vote has been open for two weeks and stays so for three."""
    today = datetime.combine(now.astimezone(GENEVA).date(), time(0), tzinfo=GENEVA)
    ceremony = datetime.combine(forum.ends - timedelta(days=6), time(0), tzinfo=GENEVA)
    close = datetime.combine((today + timedelta(days=21)).date(), time(23, 0), tzinfo=GENEVA)
    return _make(
        forum,
        edges=[
            today - timedelta(days=150),
            today - timedelta(days=60),
            today - timedelta(days=14),
            close,
            ceremony,
            ceremony + timedelta(days=5),
        ],
    )


def _make(forum: Forum, *, edges: list[datetime]) -> Edition:
    edition = Edition.objects.create(forum=forum, name=f"WSIS Prizes {forum.starts.year}", is_public=True)
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
