"""The organisers' pages of places: who waits, places kept for kinds, and how full each session is."""

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from events.shared.admin.admin_bases import IsFilled, ReadOnlyMixin, SiteAdmin, section
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.current_forum import address_in
from events.shared.admin.form_parts import Head, heads
from events.shared.admin.lists import cells
from events.shared.drafts import fields
from events.shared.rights import memberships
from registration.models import Booking, Registration, SeatHold, Waiting
from registration.people.accounts.roles import EXPORT_PEOPLE
from registration.registering.admin import RegistrationAdmin
from registration.registering.people_search import PeopleInSessions
from registration.sessions.seats import fullness, kind_places, waiting_list

VIEW = "registration.view_waiting"
SESSIONS_A_PAGE = 100


def _ask_for_reason(pages, request, queryset, *, verb):
    """Put the chosen first on their waiting lists, in the order in which they are listed: the first of them comes first."""
    done = ngettext_lazy("%(n)s put first.", "%(n)s put first.", "n")
    rows = queryset.reverse()  # each goes before the one that was put first before
    return pages.ask_first(request, rows, form=PromoteForm, verb=verb, done=done, title=_("Promote"))


class PromoteForm(forms.Form):
    reason = fields.reason(
        gettext_lazy(
            "They come before all others on the list, and get the next place: at once where one is free. The history says why."
        )
    )


@admin.register(Waiting)
class WaitingAdmin(ReadOnlyMixin, PeopleInSessions, SiteAdmin):
    shown_person = "registration__user"
    export_right = EXPORT_PEOPLE
    rights = {"move": "registration.change_waiting"}
    change_list_template = "admin/registration/waiting.html"
    list_display = ["registration", "session", "kind", "joined", "offered_until"]
    list_filter = [("session", IsFilled)]
    list_select_related = ["registration__kind", "session"]
    date_hierarchy = "joined"
    ordering = ["rank", "pk"]
    actions = ["promote", "take_off"]
    own_pages = (OwnPage("places/", "places", "registration_waiting_places", VIEW),)
    fieldsets = [
        section(
            ["registration", "session", "joined", "offered_until"],
            gettext_lazy(
                "People join and leave waiting lists themselves, of a session or of their kind of registration. A free place goes "
                "to the first on the list by itself, until the session starts or registration closes."
            ),
        ),
    ]

    @admin.display(description=gettext_lazy("kind"))
    def kind(self, row):
        return "–" if row.session_id else row.registration.kind

    def has_move_permission(self, request):
        return request.user.has_perm(self.right("move"))

    @admin.action(description=gettext_lazy("Promote"), permissions=["move"])
    def promote(self, request, queryset):
        return _ask_for_reason(self, request, queryset, verb=waiting_list.promote)

    @admin.action(description=gettext_lazy("Take off the list"), permissions=["move"])
    def take_off(self, request, queryset):
        done = ngettext_lazy("%(n)s taken off.", "%(n)s taken off.", "n")
        own = {"form": forms.Form, "title": _("Take off the list"), "about": _("They lose their place in the line.")}
        return self.ask_first(request, queryset, verb=waiting_list.take_off, done=done, **own)

    def places(self, request):
        """How full the sessions of a forum are (`forum`: its slug; else the latest that one may see), those with more bookings
        than places first."""
        forums = memberships.forums(request.user, VIEW)
        forum = self.forum_of_page(request, forums)
        page = Paginator(fullness.sessions(forum), SESSIONS_A_PAGE).get_page(request.GET.get("p", "")[:6])
        return self.admin_page(
            request,
            "admin/registration/places.html",
            title=_("Places in sessions"),
            forum=forum,
            page=page,
        )


@heads("events.Session")
def of_session(session, user):
    """How many have booked a session and wait for a place, for who may see bookings; and the message to those who booked."""
    forum = session.forum
    if not user.has_perm("registration.view_booking", forum):
        return Head()
    booked = Booking.objects.filter(session=session, registration__in=Registration.objects.active()).count()
    waits = Waiting.objects.filter(session=session).count()
    query = {"session__id__exact": session.pk}
    facts = [(_("Booked"), cells.links([(address_in(forum, "registration_booking_changelist", **query), booked)]))]
    if waits:
        facts.append(
            (_("Waiting"), cells.links([(address_in(forum, "registration_waiting_changelist", **query), waits)]))
        )
    if not (booked and user.has_perm("events.add_mailing", forum)):
        return Head(facts)
    words = ngettext("Write to the %(n)s who booked", "Write to the %(n)s who booked", booked) % {"n": booked}
    return Head(facts, [(words, address_in(forum, "events_mailing_add", group="booked", session=session.pk))])


@admin.register(SeatHold)
class SeatHoldAdmin(SiteAdmin):
    list_display = ["session", "kind", "seats", "free_minutes"]
    list_filter = ["kind"]
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


@admin.action(description=gettext_lazy("Promote from the waiting list"), permissions=["decide"])
def promote_chosen(pages, request, queryset):
    """For the list of registrations: of the waiting lists of kinds."""
    own = Waiting.objects.filter(registration=OuterRef("pk"), session=None)
    rows = queryset.annotate(rank=Subquery(own.values("rank")), line=Subquery(own.values("pk"))).order_by(
        "rank", "line"
    )
    return _ask_for_reason(pages, request, rows, verb=kind_places.promote)


# Its room is below this one, and knows no waiting lists that move.
RegistrationAdmin.actions = [*RegistrationAdmin.actions, promote_chosen]  # type: ignore[list-item]
