"""Several sessions at once: those of a day, or those that somebody remembered in the browser before registering."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from events.models import Forum, Session
from events.schedule.draft_timetable import midnight
from events.shared.pages.personal import private
from registration.models import Registration
from registration.people.accounts.access import find_own
from registration.sessions.agenda import my_agenda
from registration.sessions.seats import booking

MOST = 100  # sessions at once


class Refused(NamedTuple):
    """A session that was not booked, and why."""

    session: Session
    reason: str


@private
@require_http_methods(["GET", "HEAD", "POST"])
def several(request: HttpRequest, forum: str) -> HttpResponse:
    """GET lists sessions with a box each: those of `?codes=…`, else those of a day (`?day=`; else the next one). POST books those
    that are ticked (`code`), and says of each that was refused why. A visitor sees them with the way to register."""
    edition, registration = find_own(request, forum)
    now = timezone.now()
    asked = _codes(request.GET.getlist("codes"))
    ahead = _ahead(edition, now=now)
    refused: list[Refused] = []
    if request.method == "POST" and registration is not None:
        ticked = ahead.filter(code__in=_codes(request.POST.getlist("code")))
        number, refused = _book(registration, list(ticked), now=now)
        words = ngettext("%(n)s session is in your agenda now.", "%(n)s sessions are in your agenda now.", number)
        if number:
            messages.success(request, words % {"n": number})
        if not refused:
            return HttpResponseRedirect(reverse("registration:agenda", args=[edition.slug]))
    days = [] if asked else sorted({edition.today(starts) for starts in ahead.values_list("starts", flat=True)})
    day = _chosen(request.GET.get("day", ""), days=days)
    shown = ahead.filter(code__in=asked) if asked else _of_day(ahead, edition, day=day)
    context = {
        "forum": edition,
        "registration": registration,
        "sessions": list(shown),
        "booked": set(registration.bookings.values_list("session__code", flat=True)) if registration else set(),
        "asked": asked,
        "days": days,
        "day": day,
        "refused": refused,
        "zone": my_agenda.chosen_zone("", registration=registration) if registration else edition.zone,
    }
    return render(request, "registration/agenda/several.html", context)


def _codes(sent: list[str]) -> list[str]:
    return [code for code in sent if len(code) == 6][:MOST]


def _ahead(forum: Forum, *, now: datetime) -> Any:
    """The public sessions of a forum that can be booked, in order of start."""
    rows = forum.sessions.public().filter(state=Session.State.SCHEDULED, ends__gt=now)
    return rows.select_related("room", "type").order_by("starts", "pk")


def _chosen(wanted: str, *, days: list[date]) -> date | None:
    return next((day for day in days if day.isoformat() == wanted), days[0] if days else None)


def _of_day(ahead: Any, forum: Forum, *, day: date | None) -> Any:
    if day is None:
        return ahead.none()
    begins, ends = (midnight(day + timedelta(days=n), forum=forum) for n in (0, 1))
    return ahead.filter(starts__gte=begins, starts__lt=ends)


def _book(registration: Registration, sessions: list[Session], *, now: datetime) -> tuple[int, list[Refused]]:
    """Book each by itself: what is refused keeps nothing else back."""
    number, refused = 0, []
    for session in sessions:
        try:
            booking.book(registration=registration, session=session, now=now)
        except ValidationError as refusal:
            refused.append(Refused(session, refusal.messages[0]))
        else:
            number += 1
    return number, refused
