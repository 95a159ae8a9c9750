"""Who is inside now, for organisers and the registration desk: how many in each place, and who in one of them."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Viewing
from events.models.columns import one_line
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.admin_recording import RecordedAdmin
from events.shared.formatting.numbers import whole_number
from events.shared.rights import memberships
from events.shared.tables.table_responses import FILES, table_response
from registration.door import inside
from registration.door.inside import DoorPlace
from registration.models import Registration
from registration.people.accounts.roles import EXPORT_PEOPLE

VIEW = "registration.view_scan"
A_PAGE = 100
EVERY = 30  # seconds after which the page without names asks again
HEAD = ("place", "name", "organisation", "kind", "email")


class InsidePages(RecordedAdmin):
    own_pages = (
        OwnPage("inside/", "inside", "registration_scan_inside", VIEW),
        OwnPage("inside.<slug:ending>", "inside_file", "registration_scan_inside_export", EXPORT_PEOPLE),
    )

    def inside(self, request: HttpRequest) -> HttpResponse:
        """The places of a forum (`forum`: its slug; else the latest that one may see). The page asks again by itself, until a
        `place` is opened: then it shows who is in it (`q`: searched by name or organisation), and is written down as seen."""
        forums = memberships.forums(request.user, VIEW)
        forum = self.forum_of_page(request, forums)
        now = timezone.now()
        places = inside.places(forum, at=now)
        place, query = _place(request, places), _query(request)
        context: dict[str, Any] = {
            "title": _("Who is inside now"),
            "forum": forum,
            "places": places,
            "now": now,
        }
        if place:
            people = inside.people_named(place, query=query, at=now)
            page = Paginator(people, A_PAGE).get_page(request.GET.get("p", "")[:6])
            accounts = [one.user_id for one in page]
            self.saw_people(request, Viewing.Kind.LIST, accounts, model=Registration, forum_id=forum.pk)
            may_export = forum in memberships.forums(request.user, EXPORT_PEOPLE)
            context |= {"place": place, "query": query, "page": page, "may_export": may_export}
        response = self.admin_page(request, "admin/registration/inside.html", **context)
        if not place:
            response["Refresh"] = str(EVERY)
        return response

    def inside_file(self, request: HttpRequest, ending: str) -> HttpResponse:
        """The same people as a table (`ending`: csv or xlsx): of one `place`, or of all."""
        forum = self.forum_of_page(request, memberships.forums(request.user, EXPORT_PEOPLE))
        if ending not in FILES:
            raise Http404
        now = timezone.now()
        places = inside.places(forum, at=now)
        chosen = _place(request, places)
        rows, keys = [], set()
        for place in [chosen] if chosen else places:
            for person in inside.people_named(place, query=_query(request), at=now):
                kind = person.kind.slug if person.kind else ""
                rows.append((place.name, person.name, person.organisation, kind, person.user.email))
                keys.add(person.pk)
        self.took_out(request, Registration.objects.filter(pk__in=keys), path="user")
        return table_response(f"{forum.slug}-inside.{ending}", HEAD, rows=rows)


def _place(request: HttpRequest, places: list[DoorPlace]) -> DoorPlace | None:
    """The place of the door whose key an address names; else 404."""
    if "place" not in request.GET:
        return None
    key = whole_number(request.GET["place"])
    found = next((one for one in places if one.door.pk == key), None)
    if found is None:
        raise Http404
    return found


def _query(request: HttpRequest) -> str:
    return one_line(request.GET.get("q", "").replace("\0", ""))[:60]
