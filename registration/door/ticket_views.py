"""The ticket: one's own, and what its address says to whoever opens it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from events.pages.find_forum import bare_forum
from events.pages.personal import personal, private
from registration.accounts.access import find_own
from registration.door import tickets


@personal
def own_ticket(request: HttpRequest, forum: str) -> HttpResponse:
    """The ticket of who is registered, to show at the door."""
    edition, registration = find_own(request, forum)
    if registration is None:
        return render(request, "registration/registering/not_registered.html", {"forum": edition})
    context = {"forum": edition, "registration": registration, "square": tickets.square(registration)}
    return render(request, "registration/door/ticket.html", context)


@private
def ticket(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """What somebody reads who opens the address in a ticket's square: nothing of the person whose it is."""
    return render(request, "registration/door/scanned.html", {"forum": bare_forum(forum)})
