"""Bookings as a table (CSV, XLSX) that goes out."""

from events.shared.tables.resources import Moment, with_columns
from registration.models import Booking
from registration.registering.registration_table import PersonResource


@with_columns(is_written=False, widget=Moment(), booked="created")
@with_columns(is_written=False, session="session__code", title="session__title")
class BookingResource(PersonResource):
    """One row per booking: who, which session, since when (UTC)."""

    related = ("session",)

    class Meta:
        model = Booking
        fields = ("forum", "session", "title", "email", "name", "organisation", "kind", "booked")
        name = "bookings"
