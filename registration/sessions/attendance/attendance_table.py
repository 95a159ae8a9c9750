"""Attendances as a table (CSV, XLSX) that goes out."""

from events.shared.tables.resources import with_columns
from registration.models import Attendance
from registration.registering.registration_table import PersonResource, moment


@with_columns("session", "title", "first_seen", "last_seen", "entries", "source", "country", is_written=False)
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

    def dehydrate_first_seen(self, row: Attendance) -> str:
        return moment(row.first_seen)

    def dehydrate_last_seen(self, row: Attendance) -> str:
        return moment(row.last_seen)
