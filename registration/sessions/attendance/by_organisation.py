"""Attendance by organisation, for organisers only: most organisations are a handful of people, so no such table is public."""

from typing import Any, NamedTuple

from django.db.models import Count, F, QuerySet

from events.models import Forum
from events.models.reference import StakeholderType
from registration.models import Attendance, Registration

HEADER = ["organisation", "stakeholder_type", "country", "registered", "people", "attendances"]


class OrganisationAttendance(NamedTuple):
    """An organisation at a forum: how many people registered for it, how many of them came, and how often altogether. People
    without an organisation stand in one line without a `key`."""

    key: int | None
    name: str
    stakeholder_type: str
    country: str
    registered: int
    people: int
    attendances: int

    @property
    def kind(self) -> str:
        return str(StakeholderType(self.stakeholder_type).label) if self.stakeholder_type else ""


def _counted(rows: QuerySet[Any], column: str, **counts: Count) -> list[dict[str, Any]]:
    of = {"of_key": F(column), "of_name": F(f"{column}__name")}
    of |= {"of_type": F(f"{column}__stakeholder_type"), "of_country": F(f"{column}__country__name")}
    return list(rows.order_by().values(**of).annotate(**counts))


def lines(forum: Forum) -> list[OrganisationAttendance]:
    """The organisations of a forum, those with most attendances first. Two queries.

    Attendances count for the organisation that the person had when they entered; registrations for that of today.
    """
    came = _counted(
        Attendance.objects.filter(session__forum=forum),
        "organisation",
        attendances=Count("pk"),
        people=Count("registration", distinct=True),
    )
    registered = _counted(Registration.objects.active().filter(forum=forum), "affiliation", registered=Count("pk"))
    rows: dict[int | None, dict[str, Any]] = {}
    for row in [*registered, *came]:
        rows[row["of_key"]] = rows.get(row["of_key"], {}) | row
    made = [
        OrganisationAttendance(
            row["of_key"],
            row["of_name"] or "",
            row["of_type"] or "",
            row["of_country"] or "",
            row.get("registered", 0),
            row.get("people", 0),
            row.get("attendances", 0),
        )
        for row in rows.values()
    ]
    return sorted(made, key=lambda line: (line.key is None, -line.attendances, -line.registered, line.name.casefold()))
