"""The editions of the Forum side by side, by a few numbers that each of them publishes anyway."""

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from events.models import Forum
from events.shared.formatting.names import forum_name
from prizes.editions import public_edition
from prizes.results import results_page
from registration.statistics.charts import Bar
from registration.statistics.headline_figures import registered, tiles
from registration.statistics.tables import PublicFigures


class Compared(NamedTuple):
    """A number by which editions are compared: its code, its name, and a bar for each edition; none shown where it is not public."""

    code: str
    label: str
    bars: list[Bar]


def compared(*, now: datetime) -> list[Compared]:
    """The public editions by each number, the latest first. Some queries for each edition; there are few."""
    forums = list(Forum.objects.public().order_by("-starts"))
    numbers = [_numbers(forum, now=now) for forum in forums]
    labels = {
        "registrations": _("People registered"),
        "people": _("Different people who came"),
        "countries": _("Countries and territories"),
        "attendances": _("Attendances"),
        "sessions": _("Sessions"),
        "submitted": _("Projects submitted for the prize"),
        "nominated": _("Projects nominated for the prize"),
        "cast": _("Votes cast for the prize"),
        "votes": _("Valid votes for the prize"),
    }
    return [Compared(code, label, _bars(forums, [of[code] for of in numbers])) for code, label in labels.items()]


def _bars(forums: list[Forum], numbers: list[int | None]) -> list[Bar]:
    longest = max((number or 0 for number in numbers), default=0) or 1
    return [
        Bar(forum.slug, forum_name(forum), number, None, round(100 * (number or 0) / longest, 1))
        for forum, number in zip(forums, numbers, strict=True)
    ]


def _numbers(forum: Forum, *, now: datetime) -> dict[str, int | None]:
    """Those of the prize are public with its champions."""
    found = PublicFigures(forum)
    told = tiles(found)
    numbers: dict[str, int | None] = {
        "registrations": registered(found),
        "people": found.total.people,
        "countries": told["countries"],
        "attendances": found.total.attendances,
        "sessions": told["sessions"],
    }
    edition = public_edition.edition_of(forum.slug)
    shown = results_page.shown(edition, now=now) if edition else None
    if edition is None or shown is None or shown.count is None or not shown.champions:
        return numbers | dict.fromkeys(("submitted", "nominated", "cast", "votes"))
    return numbers | results_page.figures(edition) | {"votes": shown.count.valid_votes}
