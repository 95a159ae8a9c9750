"""The personal parts of public pages, loaded by htmx; without script a plain link stands in their place."""

from urllib.parse import urlencode

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from events.pages.find_forum import bare_forum
from events.pages.personal import private
from registration.accounts.access import find_registration, find_session
from registration.accounts.adapter import own_path
from registration.agenda import booking
from registration.agenda import my_agenda as agendas
from registration.registering import banners


def _page(request: HttpRequest) -> str:
    """The path of the page that the fragment stands in; empty when htmx does not say it."""
    return own_path(request.headers.get("HX-Current-URL", ""), request=request)


@private
@require_safe
def me(request: HttpRequest, forum: str) -> HttpResponse:
    """The end of the page head, messages and notes, and a mark at each booked session of the page."""
    edition = bare_forum(forum)
    registration = find_registration(request, edition)
    codes = list(registration.bookings.values_list("session__code", flat=True)) if registration else []
    page = _page(request)
    context = {
        "forum": edition,
        "registration": registration,
        "codes": codes,
        "login_query": urlencode({"next": page}) if page else "",
        # Only a page that htmx loads this into can show a message; others would lose it.
        "notes": banners.notes_for(request.user, forum=edition, page=page, now=timezone.now()),
        "flashes": get_messages(request) if request.headers.get("HX-Request") else [],
    }
    return render(request, "registration/agenda/me.html", context)


@private
@require_safe
def card(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """The personal part of a session's card: join, book, seats left, remove."""
    edition = bare_forum(forum)
    session = find_session(edition, code=code, user=request.user)
    registration = find_registration(request, edition)
    now = timezone.now()
    context = {
        "forum": edition,
        "session": session,
        "registration": registration,
        "zone": agendas.chosen_zone("", registration=registration) if registration else edition.zone,
        "is_booked": bool(registration and registration.bookings.filter(session=session).exists()),
        "is_bookable": booking.is_bookable(session, now=now),
        "is_join_open": session.is_join_open(now),
        "is_over": session.is_over(now),
        "seats_left": booking.seats_left(session),
        "reminders": agendas.reminder_words(edition.reminder_minutes),
    }
    return render(request, "registration/agenda/card.html", context)
