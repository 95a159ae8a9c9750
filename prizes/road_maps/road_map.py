"""The road map of an Action Line: what each edition of the Forum did for it, the latest first.

A line with parts (C7) stands for its parts too, but for attendances, which are counted by the lines that sessions name.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import QueryDict

from events.models import ActionLine, CommitmentReport, Forum, Outcome, Session
from events.outcomes import outcome_pages
from events.outcomes.outcome_filters import OutcomeFilters
from events.programme.filters import SessionFilters
from prizes.editions import public_edition
from prizes.results import results_page
from registration.models import Tally
from registration.sessions.attendance.linked_tables import Counts
from registration.statistics import tables


class Year(NamedTuple):
    """An edition of the Forum as far as it is about one Action Line. `attendances`: None where they are not shown; `commitments`
    and how many of them were `kept`; `champions`: the results of its categories in the prize, each with `is_winner`."""

    forum: Forum
    sessions: int
    attendances: Counts | None
    outcomes: list[Outcome]
    commitments: int
    kept: int
    champions: list[Any]


def years(line: ActionLine, *, now: datetime) -> list[Year]:
    """The public editions that have something of this line. Some queries for each edition; there are few."""
    asked = QueryDict(mutable=True)
    asked["action_line"] = line.code
    rows = SessionFilters(asked, now=now, queryset=Session.objects.public(now).filter(state=Session.State.SCHEDULED)).qs
    outcomes = OutcomeFilters(asked, now=now, queryset=outcome_pages.whole(now)).qs
    found = [
        _year(forum, line=line, sessions=rows, outcomes=outcomes, now=now)
        for forum in Forum.objects.public().order_by("-starts")
    ]
    return [year for year in found if year.sessions or year.outcomes or year.champions]


def _year(
    forum: Forum, *, line: ActionLine, sessions: QuerySet[Session], outcomes: QuerySet[Outcome], now: datetime
) -> Year:
    of_forum = list(outcomes.filter(forum=forum).order_by("order", "pk"))
    followed = [one.commitment for one in of_forum if hasattr(one, "commitment")]
    kept = CommitmentReport.State.KEPT
    return Year(
        forum,
        sessions.filter(forum=forum).count(),
        _attendances(forum, line=line),
        of_forum,
        len(followed),
        sum(one.latest is not None and one.latest.state == kept for one in followed),
        _champions(forum, line=line, now=now),
    )


def _attendances(forum: Forum, *, line: ActionLine) -> Counts | None:
    """As the public table has them."""
    table = tables.table(tables.PublicFigures(forum), dimension=Tally.Dimension.ACTION_LINE)
    return next((row.counts for row in table.rows if row.code == line.code), None)


def _champions(forum: Forum, *, line: ActionLine, now: datetime) -> list[Any]:
    """The champions of the line's categories, once they are announced."""
    edition = public_edition.edition_of(forum.slug)
    if edition is None:
        return []
    sections = results_page.sections(found=results_page.shown(edition, now=now))
    return [
        result
        for section in sections
        if line.pk in {section.category.action_line_id, section.category.action_line.parent_id}
        for result in section.champions
    ]
