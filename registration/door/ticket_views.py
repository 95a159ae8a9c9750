"""The ticket: one's own, and what its address says to whoever opens it."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from events.pages.find_forum import bare_forum
from events.pages.personal import personal, private
from events.pdf.responses import pdf_response
from registration.accounts.access import find_own
from registration.door import badges, door_views, tickets
from registration.registering.views import not_registered


@personal
def own_ticket(request: HttpRequest, forum: str) -> HttpResponse:
    """The ticket of who is registered, to show at the door."""
    edition, registration = find_own(request, forum)
    if registration is None:
        return not_registered(request, edition)
    context = {"forum": edition, "registration": registration, "square": tickets.square(registration)}
    context["has_codes"] = not registration.is_online_only and edition.doors.filter(has_code=True).exists()
    return render(request, "registration/door/ticket.html", context)


@personal
def badge(request: HttpRequest, forum: str) -> HttpResponse:
    """The badge of who is registered, as a PDF to print."""
    edition, registration = find_own(request, forum)
    if registration is None:
        return not_registered(request, edition)
    source = badges.source([registration], sheets=False)
    return pdf_response(request, source, name=f"badge-{edition.slug}.pdf", now=timezone.now())


@private
def ticket(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """What somebody reads who opens the address in a ticket's square: nothing of the person whose it is. Who holds the pass of a
    door has read it with the phone's own camera, and scans it from here."""
    edition = bare_forum(forum)
    door_pass = door_views.holder(request, edition, now=timezone.now())
    context = {"forum": edition, "code": code, "door": door_pass.door if door_pass else None, "key": uuid.uuid4()}
    return render(request, "registration/door/scanned.html", context)
