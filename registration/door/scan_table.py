"""Scans as a table (CSV, XLSX) that goes out."""

from events.shared.tables.resources import Moment, with_columns
from registration.models import Scan
from registration.registering.registration_table import PersonResource


@with_columns("at", "received", "undone", is_written=False, widget=Moment())
@with_columns(
    *("direction", "outcome"),
    is_written=False,
    forum="door__forum__slug",
    door="door__name",
    scanned_by="door_pass__holder",
)
class ScanResource(PersonResource):
    """One row per scan: where and when (UTC), of whom, what the door said, for whom the pass was made (nobody: the person checked
    in by a code, as once was possible), and whether it was taken back."""

    related = ("door__forum", "door_pass")

    class Meta:
        model = Scan
        fields = (
            "forum", "door", "at", "direction", "outcome", "email", "name", "organisation", "kind", "received",
            "scanned_by", "undone",
        )  # fmt: skip
        name = "scans"
