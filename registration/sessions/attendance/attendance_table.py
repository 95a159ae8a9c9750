"""Attendances as a table (CSV, XLSX) that goes out."""

from events.shared.tables.resources import Moment, with_columns
from registration.models import Attendance
from registration.registering.registration_table import PersonResource


@with_columns("first_seen", "last_seen", is_written=False, widget=Moment())
@with_columns("entries", "source", "country", is_written=False, session="session__code", title="session__title")
class AttendanceResource(PersonResource):
    """One row per person and session: when they were seen first and last (UTC), how often they came, and the source."""

    related = ("session",)

    class Meta:
        model = Attendance
        fields = (
            "forum", "session", "title", "email", "name", "organisation", "kind", "country", "first_seen", "last_seen",
            "entries", "source",
        )  # fmt: skip
        name = "attendances"
