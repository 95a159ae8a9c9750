"""What an expert has to review in an edition: their assignments by category, and how far they are."""

from itertools import groupby
from typing import Any

from django.db.models import Count

from prizes.models import Assignment, Criterion, Expert, Nomination
from prizes.review import anonymise

State = Assignment.State
# What stands on a desk: also after the publication, when nothing can be changed any more.
SHOWN = (*Nomination.REVIEWED, Nomination.State.NOMINATED, Nomination.State.NOT_NOMINATED)
ORDER = [State.CONFLICT, State.ASSIGNED, State.DONE, State.RECUSED]  # what waits stands first


def desk(expert: Expert) -> dict[str, Any]:
    """The expert's assignments by category, those of withdrawn nominations left out. Two queries.

    `groups`: for each `category` its `lines` and how many are `left` or `done`. A line is an assignment with `title` and
    `entity` (where the review is blind, masked and empty), and `scored`, the criteria that have points. Beside them how
    many `criteria` the edition has, and the reviews that are `left`, `done`, and asked for in `total` (without recusals).
    """
    rows = (
        Assignment.objects.filter(expert=expert, nomination__state__in=SHOWN, nomination__category__isnull=False)
        .select_related("nomination__category__action_line", "nomination__country", "nomination__nominator")
        .annotate(scored=Count("scores"))
    )
    lines: list[Any] = sorted(rows, key=_place)
    for row in lines:
        row.title, row.entity = row.nomination.title, row.nomination.entity_name
        if expert.edition.is_blind_review:
            row.title, row.entity = anonymise.masked(row.title, words=anonymise.secrets(row.nomination)), ""
    groups = [
        {"category": category, "lines": (own := list(found))} | _progress(own)
        for category, found in groupby(lines, key=lambda row: row.nomination.category)
    ]
    progress = _progress(lines)
    criteria = Criterion.objects.filter(edition=expert.edition_id).count()
    return {"groups": groups, "criteria": criteria, "total": sum(progress.values())} | progress


def _place(row: Any) -> tuple[int, int, str, int]:
    return row.nomination.category.number, ORDER.index(row.state), row.nomination.title.casefold(), row.pk


def _progress(lines: list[Any]) -> dict[str, int]:
    return {
        "left": sum(row.state in Assignment.WAITING and row.nomination.state in Nomination.REVIEWED for row in lines),
        "done": sum(row.state == State.DONE for row in lines),
    }


def next_open(expert: Expert, *, after: Assignment) -> Assignment | None:
    """The review that waits for the expert next: in the same category if there is one."""
    waiting = Assignment.objects.filter(
        expert=expert, state__in=Assignment.WAITING, nomination__state__in=Nomination.REVIEWED
    )
    rows = waiting.exclude(pk=after.pk).select_related("nomination").order_by("nomination__category__number", "pk")
    # False stands before True; the order among equals stays.
    nearest = sorted(rows, key=lambda row: row.nomination.category_id != after.nomination.category_id)
    for found in nearest[:1]:
        found.expert = expert
        return found
    return None
