"""Bookings as a table (CSV, XLSX) that goes out."""

from events.shared.tables.resources import with_columns
from registration.models import Booking
from registration.registering.registration_table import PersonResource, moment


@with_columns("session", "title", "booked", is_written=False)
class BookingResource(PersonResource):
    """One row per booking: who, which session, since when (UTC)."""

    related = ("session",)

    class Meta:
        model = Booking
        fields = ("forum", "session", "title", "email", "name", "organisation", "kind", "booked")
        name = "bookings"

    def dehydrate_booked(self, row: Booking) -> str:
        return moment(row.created)
