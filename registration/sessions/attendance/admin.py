"""The organisers' pages of attendances, and of the tallies counted from them."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.shared.admin.admin_bases import ReadOnlyMixin, SiteAdmin, section
from events.shared.admin.admin_page_bases import AdminPages, OwnPage
from events.shared.rights import memberships
from events.shared.tables.admin_bases import OwnTable
from events.shared.tables.table_responses import table_response
from registration.models import Attendance
from registration.people.accounts.roles import EXPORT_PEOPLE
from registration.registering.people_search import LEFT_OUT, PeopleInSessions
from registration.sessions.attendance import by_organisation
from registration.sessions.attendance.attendance_table import AttendanceResource

LINES_A_PAGE = 100
VIEW = "registration.view_attendance"


class OrganisationPages(AdminPages):
    """Attendance by organisation, as a page and as a table."""

    own_pages = (
        OwnPage("organisations/", "organisations", "registration_attendance_organisations", VIEW),
        OwnPage("organisations/<slug:forum>.csv", "organisations_file", "registration_attendance_file", VIEW),
    )

    def organisations(self, request: HttpRequest) -> HttpResponse:
        """The organisations of a forum (`forum`: its slug; else the latest that one may see), a page (`p`) at a time."""
        forums = memberships.forums(request.user, VIEW)
        chosen = self.forum_of_page(request, forums)
        found = by_organisation.lines(chosen)
        page = Paginator(found, LINES_A_PAGE).get_page(request.GET.get("p", "")[:6])
        context: dict[str, Any] = {
            "title": _("Attendance by organisation"),
            "forum": chosen,
            "page": page,
        }
        return self.admin_page(request, "admin/registration/organisations.html", **context)

    def organisations_file(self, request: HttpRequest, forum: str) -> HttpResponse:
        """The same as a table (CSV), all of it."""
        chosen = memberships.forums(request.user, VIEW).filter(slug=forum).first()
        if chosen is None:
            raise Http404
        rows = (line[1:] for line in by_organisation.lines(chosen))
        return table_response(f"{chosen.slug}-organisations.csv", by_organisation.HEADER, rows=rows)


@admin.register(Attendance)
class AttendanceAdmin(OrganisationPages, ReadOnlyMixin, OwnTable, PeopleInSessions, SiteAdmin):
    shown_person = "registration__user"
    export_right = EXPORT_PEOPLE
    resource = AttendanceResource
    change_list_template = "admin/registration/attendances.html"
    list_display = ["registration", "session", "first_seen", "last_seen", "entries", "source", "country"]
    list_filter = ["source", "region", "stakeholder_type"]
    list_select_related = ["registration", "session", "country"]
    list_left_out = LEFT_OUT
    date_hierarchy = "first_seen"
    fieldsets = [
        section(
            ["registration", "session", "first_seen", "last_seen", "entries", "source"],
            gettext_lazy("Evidence: who entered which session, and when (UTC). Nobody edits it."),
        ),
        section(
            ["country", "region", "stakeholder_type", "gender", "organisation"],
            gettext_lazy("Later changes of the registration do not change these."),
            gettext_lazy("Copied at the first entry"),
        ),
    ]
