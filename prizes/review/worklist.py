"""What an expert has to review in an edition: their assignments by category, how far they are, and the note that leads there, first
on every page of the site while the review is open."""

from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from events.models import Forum, User
from events.shared import hooks
from events.shared.formatting.names import forum_name
from events.shared.hooks import OwnRole, RoleRow, RoleSource, role_rows
from prizes.editions import public_edition
from prizes.models import Assignment, Criterion, Expert, Nomination, Phase
from prizes.review import anonymise
from registration.accreditation import hooks as accreditation_hooks

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


# --- the way to the desk ---
@accreditation_hooks.banner()
def reviews_left(user: User, forum: Forum, page: str, now: datetime) -> str:
    """How many reviews wait for a person, until when; "" for none, and on the desk itself. No query while no review
    is open, else one."""
    if not public_edition.is_open(Phase.Kind.REVIEW, forum=forum, now=now):
        return ""
    path = reverse("prizes:review-desk", args=[forum.slug])
    if page.startswith(path):
        return ""
    rows = Assignment.objects.filter(
        expert__user=user,
        expert__is_active=True,
        expert__edition__forum=forum,
        expert__edition__phases__kind=Phase.Kind.REVIEW,
        expert__edition__phases__starts__lte=now,
        expert__edition__phases__ends__gt=now,
        state__in=Assignment.WAITING,
        nomination__state__in=Nomination.REVIEWED,
    )
    found = list(rows.order_by().values_list("expert__edition__phases__ends", "expert__edition__time_zone"))
    if not found:
        return ""
    until, zone = found[0]
    context = {"forum": forum, "left": len(found), "until": until, "zone": ZoneInfo(zone), "path": path}
    return render_to_string("prizes/review/note.html", context)


_active = Expert.objects.filter(is_active=True, edition__is_public=True, edition__forum__is_public=True)
REVIEWING = role_rows(_active, key="expert", about="edition__name", forum="edition__forum")


def _expert(row: RoleRow) -> OwnRole:
    url = reverse("prizes:review-desk", args=[row.slug])
    return OwnRole(_("Expert"), forum_name(row.about), url, _("Open my reviews"))


@hooks.own_roles()
def experts() -> RoleSource:
    """Those who review, for their account page."""
    return RoleSource("expert", 60, REVIEWING, "user", _expert)
