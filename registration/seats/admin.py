"""The organisers' pages of places: who waits, places kept for kinds, and how full each session is."""

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.staff import memberships
from events.staff.admin_bases import ReadOnlyMixin, SiteAdmin, section
from events.staff.admin_page_bases import OwnPage
from registration.models import SeatHold, Waiting
from registration.registering.people_search import PeopleInSessions
from registration.seats import fullness, waiting_list

VIEW = "registration.view_waiting"
SESSIONS_A_PAGE = 100


@admin.register(Waiting)
class WaitingAdmin(ReadOnlyMixin, PeopleInSessions, SiteAdmin):
    shown_person = "registration__user"
    rights = {"take_off": "registration.change_waiting"}
    change_list_template = "admin/registration/waiting.html"
    list_display = ["registration", "session", "joined", "offered_until"]
    list_filter = ["session__forum"]
    list_select_related = ["registration", "session"]
    date_hierarchy = "joined"
    ordering = ["joined", "pk"]
    actions = ["take_off"]
    own_pages = (OwnPage("places/", "places", "registration_waiting_places", VIEW),)
    fieldsets = [
        section(
            ["registration", "session", "joined", "offered_until"],
            gettext_lazy(
                "People join and leave waiting lists themselves. A free place goes to the first on the list by itself, until "
                "the session starts."
            ),
        ),
    ]

    @admin.action(description=gettext_lazy("Take off the list"), permissions=["take_off"])
    def take_off(self, request, queryset):
        done = ngettext_lazy("%(n)s taken off.", "%(n)s taken off.", "n")
        self.each(request, queryset, verb=waiting_list.take_off, done=done)

    def has_take_off_permission(self, request):
        return request.user.has_perm(self.right("take_off"))

    def places(self, request):
        """How full the sessions of a forum are (`forum`: its slug; else the latest that one may see), those with more bookings
        than places first."""
        forums = memberships.forums(request.user, VIEW).order_by("-starts")
        wanted = request.GET.get("forum")
        forum = (forums.filter(slug=wanted) if wanted else forums).first()
        if forum is None:
            raise Http404
        page = Paginator(fullness.sessions(forum), SESSIONS_A_PAGE).get_page(request.GET.get("p", "")[:6])
        return self.admin_page(
            request,
            "admin/registration/places.html",
            title=_("Places in sessions"),
            forums=forums,
            forum=forum,
            page=page,
        )


@admin.register(SeatHold)
class SeatHoldAdmin(SiteAdmin):
    list_display = ["session", "kind", "seats", "free_minutes"]
    list_filter = ["session__forum", "kind"]
    list_select_related = ["session", "kind"]
    search_fields = ["session__title", "kind__name"]
    autocomplete_fields = ["session"]
    fieldsets = [
        section(
            ["session", "kind", "seats", "free_minutes"],
            gettext_lazy(
                "Only people of this kind may book these places, such as speakers or media, until they are for everybody."
            ),
        ),
    ]
