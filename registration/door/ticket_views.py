"""The ticket: one's own, and what its address says to whoever opens it."""

import uuid
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from events.shared.pages.find_forum import bare_forum
from events.shared.pages.personal import personal, post_only, private
from events.shared.pdf.responses import pdf_response
from registration.accreditation import new_tickets
from registration.door import badges, door_views, tickets
from registration.people.accounts.access import find_own, own_registration
from registration.registering.views import not_registered
from registration.sessions.agenda import my_agenda


@personal
def own_ticket(request: HttpRequest, forum: str) -> HttpResponse:
    """The ticket of who is registered, to show at the door; who takes part online reads when and where to join instead."""
    edition, registration = find_own(request, forum)
    if registration is None:
        return not_registered(request, edition)
    context: dict[str, object] = {"forum": edition, "registration": registration}
    if registration.is_online_only:
        context |= {
            "next": my_agenda.next_session(registration, now=timezone.now()),
            "zone": ZoneInfo(registration.time_zone),
        }
    else:
        context["square"] = tickets.square(registration)
    return render(request, "registration/door/ticket.html", context)


@personal
@post_only("registration:ticket")
def new_ticket(request: HttpRequest, forum: str) -> HttpResponse:
    """Make a new ticket for oneself: the one before opens no door any more."""
    registration = own_registration(request, forum)
    try:
        new_tickets.make(registration, by=registration.user, now=timezone.now())
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    else:
        messages.success(request, _("This is your new ticket. The one before opens no door any more."))
    return redirect("registration:ticket", forum)


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
    """What somebody reads who opens the address in a ticket's square: nothing of its person. Who holds the pass of a
    door has read it with the phone's own camera, and scans it from here."""
    edition = bare_forum(forum)
    door_pass = door_views.holder(request, edition, now=timezone.now())
    context = {"forum": edition, "code": code, "door": door_pass.door if door_pass else None, "key": uuid.uuid4()}
    return render(request, "registration/door/scanned.html", context)
