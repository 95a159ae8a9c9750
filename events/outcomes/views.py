"""The pages of outcomes: the list, one of them, and the table."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from events.outcomes import outcome_filters, outcome_pages
from events.outcomes.outcome_table import OutcomeResource
from events.shared.pages.find_forum import find_forum
from events.shared.pages.public import public_page
from events.shared.tables.table_responses import table_response


@public_page(parameters=outcome_filters.PARAMETERS)
def outcomes(request: HttpRequest, forum: str) -> HttpResponse:
    """What came out of the forum; `outcome_filters.PARAMETERS` narrow it. A page whose address asks for what does not exist
    is not kept."""
    found = find_forum(forum)
    context = outcome_pages.page(request.GET, forum=found, now=timezone.now())
    context |= {"forum": found, "address": reverse("events:outcomes", args=[found.slug])}
    response = render(request, "events/outcomes/outcomes.html", context)
    if context["notes"]:
        response.life = 0  # type: ignore[attr-defined]
    return response


@public_page
def outcome(request: HttpRequest, forum: str, pk: int) -> HttpResponse:
    """An outcome's page."""
    found = find_forum(forum)
    row = outcome_pages.outcome(found, pk=pk, now=timezone.now())
    if row is None:
        raise Http404
    return render(request, "events/outcomes/outcome.html", {"forum": found, "outcome": row})


@public_page
def outcomes_csv(request: HttpRequest, forum: str) -> HttpResponse:
    """The outcomes of a forum as a table."""
    found = find_forum(forum)
    data = OutcomeResource().export(outcome_pages.with_sessions(timezone.now()).filter(forum=found))
    return table_response(f"{found.slug}-outcomes.csv", data.headers, rows=data)
