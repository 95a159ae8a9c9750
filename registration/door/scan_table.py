"""Scans as a table (CSV, XLSX) that goes out."""

from events.shared.tables.resources import with_columns
from registration.models import Scan
from registration.registering.registration_table import PersonResource, moment


@with_columns("door", "at", "direction", "outcome", "received", "scanned_by", "undone", is_written=False)
class ScanResource(PersonResource):
    """One row per scan: where and when (UTC), of whom, what the door said, with whose pass, and whether it was taken back."""

    related = ("door__forum", "door_pass")

    class Meta:
        model = Scan
        fields = (
            "forum", "door", "at", "direction", "outcome", "email", "name", "organisation", "kind", "received",
            "scanned_by", "undone",
        )  # fmt: skip
        name = "scans"

    def dehydrate_forum(self, row: Scan) -> str:
        return row.door.forum.slug

    def dehydrate_door(self, row: Scan) -> str:
        return row.door.name

    def dehydrate_at(self, row: Scan) -> str:
        return moment(row.at)

    def dehydrate_received(self, row: Scan) -> str:
        return moment(row.received)

    def dehydrate_scanned_by(self, row: Scan) -> str:
        """For whom the pass was made; empty: the person checked in by a code, as once was possible."""
        return row.door_pass.holder if row.door_pass else ""

    def dehydrate_undone(self, row: Scan) -> str:
        return moment(row.undone)
