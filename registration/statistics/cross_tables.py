"""Figures of a forum by any two groups, and a third: for organisers only. Small groups are not hidden here, so nothing of it is
published as it stands."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import CharField, Count, F, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Forum
from registration.attendance.tally import week_number
from registration.models import Attendance, Booking, Registration
from registration.statistics.group_names import By, names_of


class Measure(models.TextChoices):
    """What is counted."""

    REGISTRATIONS = "registrations", gettext_lazy("People registered")
    BOOKINGS = "bookings", gettext_lazy("Bookings")
    ATTENDANCES = "attendances", gettext_lazy("Attendances")
    PEOPLE = "people", gettext_lazy("Different people who came")


def _of_people(registration: str) -> dict[str, str]:
    """The columns of a group of people, from a row that reaches its registration by this path."""
    columns: dict[str, str] = {
        By.COUNTRY: "country_id",
        By.REGION: "country__region",
        By.PRIZE_REGION: "country__prize_region",
        By.STAKEHOLDER_TYPE: "stakeholder_type",
        By.GENDER: "gender",
        By.KIND: "kind_id",
        By.MODE: "mode",
    }
    return {by: registration + column for by, column in columns.items()}


OF_SESSIONS: dict[str, str] = {
    By.TRACK: "session__track_id",
    By.SESSION_TYPE: "session__type_id",
    By.ACTION_LINE: "session__action_lines__code",
    By.SDG: "session__sdgs__number",
    By.WEEK: "",  # computed
    By.SESSION: "session__code",
}
# What people were when they entered a session, which an attendance keeps.
AT_ENTRY: dict[str, str] = {
    By.COUNTRY: "country_id",
    By.REGION: "region",
    By.PRIZE_REGION: "country__prize_region",
    By.STAKEHOLDER_TYPE: "stakeholder_type",
    By.GENDER: "gender",
    By.SOURCE: "source",
}
_OF_ATTENDANCES: dict[str, str] = {**_of_people("registration__"), **OF_SESSIONS, **AT_ENTRY}
COLUMNS: dict[str, dict[str, str]] = {
    Measure.REGISTRATIONS: _of_people(""),
    Measure.BOOKINGS: {**_of_people("registration__"), **OF_SESSIONS},
    Measure.ATTENDANCES: _OF_ATTENDANCES,
    Measure.PEOPLE: _OF_ATTENDANCES,
}

type Codes = tuple[str, ...]


def _rows(measure: str, forum: Forum) -> models.QuerySet[Any]:
    if measure == Measure.REGISTRATIONS:
        return Registration.objects.active().filter(forum=forum)
    if measure == Measure.BOOKINGS:
        return Booking.objects.filter(session__forum=forum, registration__in=Registration.objects.active())
    return Attendance.objects.filter(session__forum=forum)


def check(measure: str, *, by: Iterable[str]) -> None:
    """Refuse `no-such-group` where what is counted has no such groups: people who register are in no session yet."""
    for one in by:
        if one not in COLUMNS[measure]:
            words = _("“%(measure)s” cannot be counted by “%(by)s”.")
            raise ValidationError(
                words % {"measure": Measure(measure).label, "by": By(one).label}, code="no-such-group"
            )


def count(forum: Forum, *, measure: str, by: Sequence[str]) -> dict[Codes, int]:
    """How many there are in each group, by the codes of the groups in the order of `by`; "" where a row has none. One query.

    A session of two Action Lines counts in both, so that groups may add up to more than what `count` says without them.
    Refuses what `check` does.
    """
    check(measure, by=by)
    columns = COLUMNS[measure]
    groups = {
        f"group{place}": Coalesce(
            Cast(week_number(forum) if one == By.WEEK else F(columns[one]), CharField(max_length=40)),
            Value(""),
            output_field=CharField(),
        )
        for place, one in enumerate(by)
    }
    number = Count("registration", distinct=True) if measure == Measure.PEOPLE else Count("pk")
    rows = _rows(measure, forum).order_by()
    if not groups:
        return {(): rows.aggregate(number=number)["number"]}
    counted = rows.annotate(**groups).values_list(*groups).annotate(number=number)
    return {tuple(codes): number for *codes, number in counted}


class Line(NamedTuple):
    """One row of a table: the name of its group, a number for each column, and its own total."""

    name: str
    numbers: list[int]
    total: int


class CrossTable(NamedTuple):
    """Groups by groups. `code` and `name`: the group of the third kind that the table is about; empty where there is no third."""

    code: str
    name: str
    columns: list[str]
    lines: list[Line]
    totals: list[int]
    total: int

    @property
    def longest(self) -> int:
        return max((line.total for line in self.lines), default=0)


class _Names:
    """The names of groups, and their codes in order; a code without a name stands for itself, at the end."""

    def __init__(self, by: str, *, forum: Forum) -> None:
        self._names = names_of(by, forum=forum)
        self._order = {code: place for place, code in enumerate(self._names)}

    def name(self, code: str) -> str:
        return self._names.get(code) or code or "–"

    def sort(self, codes: Iterable[str]) -> list[str]:
        return sorted(codes, key=lambda code: (self._order.get(code, len(self._order)), code))


def _by_part(counted: Iterable[Codes]) -> dict[Codes, list[str]]:
    """The last code of each of these, by the codes before it."""
    found: dict[Codes, list[str]] = defaultdict(list)
    for *part, code in counted:
        found[tuple(part)].append(code)
    return found


def tables(forum: Forum, *, measure: str, by: Sequence[str]) -> list[CrossTable]:
    """A table whose rows are the groups of the first of `by` and whose columns are those of the second, where there is one; one
    table for each group of the third, where there is one, the largest first. Four queries for the numbers. Refuses `no-such-group`.
    """
    rows, columns, third = by[:1], by[1:2], by[2:]
    cells = count(forum, measure=measure, by=[*third, *rows, *columns]) if columns else {}
    of_rows = count(forum, measure=measure, by=[*third, *rows])
    of_columns = count(forum, measure=measure, by=[*third, *columns]) if columns else {}
    totals = count(forum, measure=measure, by=third)
    row_names = _Names(rows[0], forum=forum)
    column_names = _Names(columns[0], forum=forum) if columns else row_names
    third_names = _Names(third[0], forum=forum) if third else row_names
    rows_of, columns_of = _by_part(of_rows), _by_part(of_columns)
    made = []
    for part, total in sorted(totals.items(), key=lambda one: (-one[1], one[0])):
        in_rows, in_columns = row_names.sort(rows_of[part]), column_names.sort(columns_of[part])
        lines = [
            Line(
                row_names.name(row),
                [cells.get((*part, row, column), 0) for column in in_columns],
                of_rows[*part, row],
            )
            for row in in_rows
        ]
        heads = [column_names.name(column) for column in in_columns]
        feet = [of_columns[*part, column] for column in in_columns]
        code = part[0] if part else ""
        made.append(CrossTable(code, third_names.name(code) if part else "", heads, lines, feet, total))
    return made


def file_rows(forum: Forum, *, measure: str, by: Sequence[str]) -> Iterator[tuple[str | int, ...]]:
    """The same numbers one below the other: the names of the groups, and how many. Refuses `no-such-group`."""
    names = [_Names(one, forum=forum) for one in by]
    for codes, number in sorted(count(forum, measure=measure, by=by).items()):
        yield *(name.name(code) for name, code in zip(names, codes, strict=True)), number
