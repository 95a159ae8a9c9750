"""The public list of participants as a page and as a PDF, and the button by which somebody goes on it or off it.

Nobody raises the revision when a person withdraws, is refused, erased or renamed: the page is made again each second instead, and none
that is older is ever sent (docs/decisions/0072-a-list-of-those-who-wish-it.md).
"""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Forum
from events.shared.formatting.names import country_choices
from events.shared.pages.find_forum import bare_forum, find_forum
from events.shared.pages.personal import arrival, personal
from events.shared.pages.public import public_page
from events.shared.pdf.responses import pdf_response
from registration.models import Registration
from registration.registering.participants import listing

A_PAGE = 200  # people
FRESH = 1  # seconds


def _published(forum: Forum) -> Forum:
    if forum.list_published is None:
        raise Http404
    return forum


@public_page(parameters=("country", "page"), seconds=FRESH, is_never_late=True)
def participants(request: HttpRequest, forum: str) -> HttpResponse:
    """The list by country, organisation and name, of all countries or of one; 404 for what is no country."""
    found = _published(find_forum(forum))
    wanted = request.GET.get("country", "")
    if wanted not in dict(country_choices()):
        raise Http404
    everybody = listing.people(found)
    shown = [one for code, one in everybody if wanted in {"", code}]
    page = Paginator(shown, A_PAGE).get_page(request.GET.get("page", "1")[:6])
    context = {
        "forum": found,
        "state": listing.state_words(found, now=timezone.now()),
        "page": page,
        "numbers": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "countries": listing.grouped(list(page)),
        "choices": list(dict.fromkeys((code, one.country) for code, one in everybody)),
        "query": wanted,
        "key": "country",
    }
    return render(request, "registration/participants/participants.html", context)


@public_page(seconds=FRESH, is_never_late=True)
def participants_file(request: HttpRequest, forum: str) -> HttpResponse:
    """The whole list as a PDF."""
    found, now = _published(bare_forum(forum)), timezone.now()
    source = listing.source(found, now=now)
    response = pdf_response(request, source, name=f"{found.slug}-participants.pdf", now=now)
    response["X-Robots-Tag"] = "noindex"
    return response


@personal
def listed(request: HttpRequest, edition: str) -> HttpResponse:
    """Go on the list (`wanted=yes`) or off it. The address names no `forum`: one leaves that of an archived forum, too."""
    forum = bare_forum(edition)
    registration = Registration.objects.of(request.user).standing().filter(forum=forum).first()
    if registration is not None and request.method == "POST":
        wanted = request.POST.get("wanted") == "yes"
        try:
            listing.set_listed(registration, wanted=wanted, now=arrival(request))
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            on, off = _("You are on the list of participants."), _("You are not on the list of participants any more.")
            messages.success(request, on if wanted else off)
    return redirect("registration:register", forum.slug)
