"""The organisers' page of bookings."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from events.staff.admin_bases import ReadOnlyMixin, SiteAdmin, section
from registration.models import Booking


@admin.register(Booking)
class BookingAdmin(ReadOnlyMixin, SiteAdmin):
    list_display = ["registration", "session", "created"]
    list_filter = ["session__forum"]
    list_select_related = ["registration", "session"]
    search_fields = ["registration__name", "registration__user__email", "session__title", "=session__code"]
    date_hierarchy = "created"
    fieldsets = [
        section(
            ["registration", "session", "created"],
            gettext_lazy("People book and leave sessions themselves, in their agenda."),
        ),
    ]
