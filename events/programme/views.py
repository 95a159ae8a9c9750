"""The programme page: all sessions of a forum by week and day, with filters and a search."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from events.pages import embedding
from events.pages.find_forum import find_forum
from events.programme import filters, other_pages, page


@embedding.embeddable(parameters=filters.PARAMETERS)
def programme(request: HttpRequest, forum: str) -> HttpResponse:
    """The programme of a forum; `filters.PARAMETERS` narrow it."""
    found = find_forum(forum)
    now = timezone.now()
    context = page.page(request.GET, forum=found, now=now, language=get_language())
    frame = embedding.frame_of(request)
    context["is_running"] = found.starts <= found.today(now) <= found.ends
    if context["is_running"] and not frame:
        context["running"] = other_pages.running(found, now=now, language=get_language())
        context["said"] = other_pages.said([one.title for one in context["running"]])
    # Rows continue these with a session's code: reversing an address a thousand times would cost more than the rest.
    for name in ("book", "join"):
        context[f"{name}_address"] = reverse(f"registration:{name}", args=[found.slug, "000000"])[: -len("000000/")]
    context["frame"] = frame
    if not (frame or context["is_narrowed"] or context["tz"]):  # else the page has other days, or parts of them
        context["day_booklet"] = reverse("events:booklet", args=[found.slug]).removesuffix(".pdf") + "-"
    context["address"] = reverse("events:programme", args=[found.slug])
    return render(request, "events/programme/programme.html", context)
