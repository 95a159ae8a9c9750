"""The organisers' page of bookings."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from events.shared.admin.admin_bases import ReadOnlyMixin, SiteAdmin, section
from events.shared.tables.admin_bases import OwnTable
from registration.models import Booking
from registration.people.accounts.roles import EXPORT_PEOPLE
from registration.registering.people_search import LEFT_OUT, PeopleInSessions
from registration.sessions.agenda.booking_table import BookingResource


@admin.register(Booking)
class BookingAdmin(ReadOnlyMixin, OwnTable, PeopleInSessions, SiteAdmin):
    shown_person = "registration__user"
    export_right = EXPORT_PEOPLE
    resource = BookingResource
    list_display = ["registration", "session", "created"]
    list_select_related = ["registration", "session"]
    list_left_out = LEFT_OUT
    date_hierarchy = "created"
    ordering = ["-created", "-pk"]
    fieldsets = [
        section(
            ["registration", "session", "created"],
            gettext_lazy("People book and leave sessions themselves, in their agenda."),
        ),
    ]
