"""Badges of chosen registrations: the list of registrations gets an action that prints them."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.shared.admin.admin_page_bases import AdminPages, OwnPage
from events.shared.pdf.font_coverage import missing_fonts
from events.shared.pdf.responses import pdf_response
from events.shared.rights import memberships
from registration.door import badges
from registration.models import Registration
from registration.registering.admin import RegistrationAdmin

CHANGE = "registration.change_registration"
CHOSEN = "badges"  # in the session: the keys of the registrations
LIST = "admin:registration_registration_changelist"


def _printable(request: HttpRequest) -> QuerySet[Registration]:
    """Those who take part, in the forums in which the person may change registrations: a badge lets somebody in."""
    return memberships.seen(Registration.objects.active(), request.user, CHANGE)


@admin.action(description=gettext_lazy("Print badges"), permissions=["change"])
def print_badges(
    pages: RegistrationAdmin, request: HttpRequest, queryset: QuerySet[Registration]
) -> HttpResponse | None:
    """Remember the chosen, and go to the file: it may take a moment, and its page asks again by itself."""
    rows = _printable(request).filter(pk__in=queryset.order_by().values("pk"))
    keys = list(rows.order_by().values_list("pk", flat=True)[: badges.MOST + 1])
    if not keys:
        messages.error(request, _("There is no badge: nobody of these takes part."))
    elif len(keys) > badges.MOST:
        words = ngettext("Choose %(n)s person at most.", "Choose %(n)s people at most.", badges.MOST)
        messages.error(request, words % {"n": badges.MOST})
    else:
        pages.took_out(request, rows)
        if missing := missing_fonts(rows.values_list("name", flat=True)):
            messages.warning(request, _missing(missing))
        if by_hand := badges.to_write_by_hand(rows):
            messages.warning(request, _by_hand(by_hand))
        request.session[CHOSEN] = keys
        return HttpResponseRedirect(reverse("admin:registration_door_badges"))
    return None


def _missing(fonts: dict[str, str]) -> str:
    """For which scripts there is no font, and which packages bring them."""
    scripts, packages = ", ".join(fonts), ", ".join(sorted(set(fonts.values())))
    words = _("There is no font for: %(scripts)s. These packages, on the server, bring them: %(packages)s")
    return words % {"scripts": scripts, "packages": packages}


def _by_hand(people: list[Registration]) -> str:
    """Who gets a badge without a name; ten of them."""
    names = [person.name for person in people]
    words = ngettext(
        "%(n)s name has no font, and is not known in Latin letters. Write it on the badge by hand: %(names)s",
        "%(n)s names have no font, and are not known in Latin letters. Write them on the badges by hand: %(names)s",
        len(names),
    )
    return words % {"n": len(names), "names": ", ".join(names[:10]) + (" …" if len(names) > 10 else "")}


class BadgePages(AdminPages):
    own_pages = (OwnPage("badges.pdf", "badges", "registration_door_badges", CHANGE),)

    def badges(self, request: HttpRequest) -> HttpResponse:
        """The badges of those who were chosen last, four to a sheet, by kind and name."""
        chosen: Any = request.session.get(CHOSEN, [])
        rows = _printable(request).filter(pk__in=chosen).select_related("forum", "kind", "country")
        people = list(rows.order_by("kind__order", "kind", "name", "pk"))
        if not people:
            messages.error(request, _("Choose people in the list first."))
            return HttpResponseRedirect(reverse(LIST))
        return pdf_response(request, badges.source(people, sheets=True), name="badges.pdf", now=timezone.now())


# Its room is below this one, and knows no doors.
RegistrationAdmin.actions = [*RegistrationAdmin.actions, print_badges]  # type: ignore[list-item]
