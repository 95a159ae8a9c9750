"""The public list of outcomes, with its search and filters, and the page of one."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import QueryDict

from events.models import SDG, ActionLine, Forum, Outcome, Session, Theme
from events.outcomes.outcome_filters import OutcomeFilters
from events.programme import filters
from events.programme.search import search
from events.programme.shown_days import turns_of
from events.shared.formatting.names import folded, forum_name, term

A_PAGE = 40  # outcomes
KINDS = list(Outcome.Kind.values)


def whole(now: datetime) -> QuerySet[Outcome]:
    """The public outcomes with everything that lists show of one. Five queries."""
    lines = Prefetch("action_lines", ActionLine.objects.select_related("parent"))
    return Outcome.objects.public(now).whole().prefetch_related(lines)


def with_sessions(now: datetime) -> QuerySet[Outcome]:
    """The same with their sessions, as far as the public sees them: one query more. For some hundred at a time, because Django asks
    SQLite for the rows that others name by a condition that is too deep from a thousand on."""
    return whole(now).prefetch_related(Prefetch("session", Session.objects.public(now).select_related("forum")))


def page(data: QueryDict, *, forum: Forum, now: datetime) -> dict[str, Any]:
    """Return what the list shows for the query parameters of an address: the outcomes of this forum, or of those that
    `forum` names. Values that do not exist are left out and named in `notes`. Seven queries; two more with a search."""
    rows = list(whole(now).defer("text").order_by("-forum__starts", "order", "pk"))
    labels = _labels(rows, forum=forum)
    known, unknown = filters.known_only(data, choices=labels)
    chosen = {"forum": [forum.slug], **{name: known.getlist(name) for name in known}}
    query = search.cleaned(data.get("q", ""))
    found = search.outcomes(query, now=now)
    ranks = found.ranks if found else {}
    shown, groups = OutcomeFilters.narrowed(rows, labels=labels, chosen=chosen, found=found and ranks)
    shown.sort(key=lambda outcome: (KINDS.index(outcome.kind), -ranks.get(outcome.pk, 0)))
    part = Paginator(shown, A_PAGE).get_page(data.get("page"))
    return {
        "notes": filters.unknown_notes(unknown) + (found.notes() if found else []),
        "query": query,
        "number": len(shown),
        "is_narrowed": bool(known or query),
        "filter_groups": groups,
        "chips": filters.chips(known, query=query, labels=labels),
        "kinds": [(Outcome.Kind(kind).label, list(of_kind)) for kind, of_kind in groupby(part, lambda one: one.kind)],
        "turns": turns_of(data, found=part),
    }


def _labels(rows: Iterable[Outcome], *, forum: Forum) -> filters.Labels:
    """The values of each filter with their names. This forum, Action Lines, goals and themes are there without an outcome too."""
    organisations = {str(one.pk): one.name for row in rows for one in row.organisations.all()}
    forums = {one.slug: forum_name(one.name) for one in (forum, *(row.forum for row in rows))}
    return {
        "kind": {kind: str(label) for kind, label in Outcome.Kind.choices},
        "theme": {theme.code: term(theme) for theme in Theme.objects.all()},
        "action_line": {line.code: f"{line.label} {term(line.short_name)}" for line in ActionLine.objects.all()},
        "sdg": {str(goal.number): f"{goal.number} {term(goal.title)}" for goal in SDG.objects.all()},
        "organisation": dict(sorted(organisations.items(), key=lambda pair: folded(pair[1]))),
        "forum": dict(sorted(forums.items(), reverse=True)),
    }


def outcome(forum: Forum, *, pk: int, now: datetime) -> Outcome | None:
    """A public outcome of a forum; None for others."""
    return with_sessions(now).filter(forum=forum, pk=pk).first()
