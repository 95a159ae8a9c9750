"""Figures of a forum by any two groups, and a third: for organisers only. Small groups are not hidden here, so nothing of it is
published as it stands."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Count, F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import ActionLine, Forum
from registration.models import Attendance, Booking, Registration
from registration.sessions.attendance import minutes
from registration.sessions.attendance.tally import week_number
from registration.statistics.group_names import By, names_of


class Counted(models.TextChoices):
    """What is counted."""

    REGISTRATIONS = "registrations", gettext_lazy("People registered")
    BOOKINGS = "bookings", gettext_lazy("Bookings")
    ATTENDANCES = "attendances", gettext_lazy("Attendances")
    PEOPLE = "people", gettext_lazy("Different people who came")
    MINUTES = "minutes", gettext_lazy("Minutes attended, as far as they are known")


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
    By.ACTION_LINE: "session__action_lines",  # its code is put in afterwards: keys are sorted quicker
    By.SDG: "session__sdgs",
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
    Counted.REGISTRATIONS: _of_people(""),
    Counted.BOOKINGS: {**_of_people("registration__"), **OF_SESSIONS},
    **dict.fromkeys((Counted.ATTENDANCES, Counted.PEOPLE, Counted.MINUTES), _OF_ATTENDANCES),
}

type Codes = tuple[str, ...]
MOST_GROUPS = 3  # that something is counted by at a time


def _rows(measure: str, forum: Forum) -> models.QuerySet[Any]:
    if measure == Counted.REGISTRATIONS:
        return Registration.objects.active().filter(forum=forum)
    if measure == Counted.BOOKINGS:
        return Booking.objects.filter(session__forum=forum, registration__in=Registration.objects.active())
    return Attendance.objects.filter(session__forum=forum)


def check(measure: str, *, by: Iterable[str]) -> None:
    """Refuse `no-such-group` where what is counted has no such groups: people who register are in no session yet."""
    for one in by:
        if one not in COLUMNS[measure]:
            words = _("“%(measure)s” cannot be counted by “%(by)s”.")
            raise ValidationError(
                words % {"measure": Counted(measure).label, "by": By(one).label}, code="no-such-group"
            )


def counts(forum: Forum, *, measure: str, groupings: Sequence[Sequence[str]], now: datetime) -> list[dict[Codes, int]]:
    """For each of the groupings how many there are in each group, by the codes of the groups in their order; "" where a row has
    none. One query for each grouping, for minutes one for all; and one for Action Lines. Minutes are whole ones, and a group of
    which none are known is left out.

    A session of two Action Lines counts in both, so that groups may add up to more than what there is without them.
    Refuses what `check` does.
    """
    asked = {one for by in groupings for one in by}
    check(measure, by=asked)
    rows = _rows(measure, forum).order_by()
    annotated = [(names := _groups(forum, columns=COLUMNS[measure], by=by), rows.annotate(**names)) for by in groupings]
    if measure == Counted.MINUTES:
        found = _minutes(forum, annotated, now=now)
    else:
        found = [
            _numbers(of, names, measure=measure, by=by) for by, (names, of) in zip(groupings, annotated, strict=True)
        ]
    lines = {str(line.pk): line.code for line in ActionLine.objects.all()} if By.ACTION_LINE in asked else {}
    known = [[lines if one == By.ACTION_LINE else {} for one in by] for by in groupings]
    return [
        {tuple(map(_code, keys, of)): number for *keys, number in counted}
        for of, counted in zip(known, found, strict=True)
    ]


def _code(key: Any, known: Mapping[str, str]) -> str:
    return "" if key is None else known.get(str(key), str(key))


def _numbers(
    rows: models.QuerySet[Any], names: Mapping[str, Any], *, measure: str, by: Sequence[str]
) -> list[Sequence[Any]]:
    """The groups of these rows, and how many there are of each. In one session nobody is twice: different people are counted apart
    only where sessions stand together, for that takes three times as long."""
    is_apart = measure == Counted.PEOPLE and By.SESSION not in by
    number = Count("registration", distinct=True) if is_apart else Count("pk")
    return list(rows.values_list(*names).annotate(number=number)) if names else [tuple(rows.aggregate(number).values())]


def _groups(forum: Forum, *, columns: Mapping[str, str], by: Sequence[str]) -> dict[str, Any]:
    """The columns that say to which groups a row belongs: group0, group1 and so on."""
    return {f"group{place}": week_number(forum) if one == By.WEEK else F(columns[one]) for place, one in enumerate(by)}


def _minutes(
    forum: Forum, annotated: Sequence[tuple[Mapping[str, Any], models.QuerySet[Any]]], *, now: datetime
) -> list[list[Sequence[Any]]]:
    """Groups of attendances and the sums of their minutes. How long each person was in each session is read once, which takes longest."""
    known, params = minutes.by_person(forum, now=now)
    parts, given = [], [*params]
    for place, (names, found) in enumerate(annotated):
        rows = found.values("session_id", "registration_id", *names).query
        sql, of_rows = rows.get_compiler(connection=connection).as_sql()
        columns = [*(f"CAST(counted.{name} AS varchar(40))" for name in names), "''", "''", "''"][:MOST_GROUPS]
        parts.append(
            f"SELECT {place}, {', '.join(columns)}, CAST(SUM(known.seconds) AS bigint) FROM ({sql}) counted JOIN known ON "  # noqa: S608
            "known.session_id = counted.session_id AND known.registration_id = counted.registration_id GROUP BY 1, 2, 3, 4"
        )
        given += of_rows
    with connection.cursor() as cursor:
        cursor.execute(f"WITH known AS ({known}) {' UNION ALL '.join(parts)}", given)
        made: list[list[Sequence[Any]]] = [[] for _part in parts]
        for place, *keys, seconds in cursor.fetchall():
            made[place].append([*keys[: len(annotated[place][0])], seconds // 60])
    return made


def known_minutes(forum: Forum, *, now: datetime) -> tuple[int, int]:
    """Of how many attendances the minutes are known, and how many attendances there are. Two queries."""
    known, params = minutes.by_person(forum, now=now)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM ({known}) known", params)  # noqa: S608
        return cursor.fetchone()[0], _rows(Counted.MINUTES, forum).count()


class TableRow(NamedTuple):
    """One row of a table: the name of its group, a number for each column, and its own total."""

    name: str
    numbers: list[int]
    total: int


class CrossTable(NamedTuple):
    """Groups by groups. `code` and `name`: the group of the third kind that the table is about; empty where there is no third."""

    code: str
    name: str
    columns: list[str]
    lines: list[TableRow]
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


def tables(forum: Forum, *, measure: str, by: Sequence[str], now: datetime) -> list[CrossTable]:
    """A table whose rows are the groups of the first of `by` and whose columns are those of the second, where there is one; one
    table for each group of the third, where there is one, the largest first. Four queries for the numbers, one for minutes. Refuses `no-such-group`.
    """
    rows, columns, third = by[:1], by[1:2], by[2:]
    of_both = [[*third, *columns], [*third, *rows, *columns]] if columns else []
    totals, of_rows, *more = counts(forum, measure=measure, groupings=[third, [*third, *rows], *of_both], now=now)
    of_columns, cells = more or ({}, {})
    row_names = _Names(rows[0], forum=forum)
    column_names = _Names(columns[0], forum=forum) if columns else row_names
    third_names = _Names(third[0], forum=forum) if third else row_names
    rows_of, columns_of = _by_part(of_rows), _by_part(of_columns)
    made = []
    for part, total in sorted(totals.items(), key=lambda one: (-one[1], one[0])):
        in_rows, in_columns = row_names.sort(rows_of[part]), column_names.sort(columns_of[part])
        lines = [
            TableRow(
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


def file_rows(forum: Forum, *, measure: str, by: Sequence[str], now: datetime) -> Iterator[tuple[str | int, ...]]:
    """The same numbers one below the other: the names of the groups, and how many. Refuses `no-such-group`."""
    names = [_Names(one, forum=forum) for one in by]
    [counted] = counts(forum, measure=measure, groupings=[by], now=now)
    for codes, number in sorted(counted.items()):
        yield *(name.name(code) for name, code in zip(names, codes, strict=True)), number
