"""What meeting systems write about who was there: read into one shape.

Tables (CSV, XLSX) of Zoom (meetings, webinars), Teams, Webex, Google Meet and BigBlueButton, in any language; JSON of BigBlueButton's
dashboard, of Jitsi's `event_sync`, and of the interfaces of Zoom, Webex and Teams. A table is known by its columns, not by its vendor.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.shared.formatting.plain_text import line
from events.shared.tables import dates
from events.shared.tables.answers import Answers
from events.shared.tables.dates import UNCLEAR, Dates
from events.shared.tables.lengths import DAY, HOUR, MINUTE, Cell, Lengths
from registration.sessions.attendance.reports import report_tables, report_zones
from registration.sessions.attendance.reports.report_tables import LONGEST, MAX_ROWS, NOT_THERE, Raw, ReportRows

JSON_KEYS = {
    "name": ("name", "displayName"),
    "email": ("email", "user_email", "emailAddress"),
    "began": ("registeredOn", "joined_at", "join_time", "joinedTime", "joinDateTime"),
    "ended": ("leftOn", "left_at", "leave_time", "leftTime", "leaveDateTime"),
}
TWO_PARTS = re.compile(r"(\d{1,3}):[0-5]\d")  # hours and minutes, or minutes and seconds
LONGEST_MEETING = 12  # hours; 45:30 are minutes


class ReportedJoin(NamedTuple):
    """One time that somebody joined; `ended` is None where the report does not say when they left."""

    name: str
    email: str
    began: datetime
    ended: datetime | None


class Namesake(ReportedJoin):
    """One of several people of a name, and nothing in the report says which one."""


class Unread(NamedTuple):
    """A row that is left out, and what of it cannot be read."""

    row: int
    text: str


class Report(NamedTuple):
    """`is_undated`: it says no day, so that of the session is taken; `left_out`: columns that are not read; `notes`: sentences about
    what might have been read in another way."""

    entries: list[ReportedJoin]
    unread: list[Unread]
    is_undated: bool = False
    left_out: Sequence[str] = ()
    notes: Sequence[str] = ()


def read(
    data: bytes, *, zone: ZoneInfo, near: datetime, lasts: timedelta = HOUR, answers: Answers | None = None
) -> Report:
    """The entries of a report. `zone`: of times that name none; `near`: a moment of the meeting, which decides whether 07/04/2020 is
    in April or in July, and on which day times are that name none; `lasts`: how long it was to last, to
    which lengths are compared. `answers`: which column is which, and what else is asked.

    Refuses `broken` (also one that is cut off), `no-column` (`headers.OpenColumns`), `unclear` (days and months), `unread` (no
    time), `empty`, and what `Lengths`, `report_zones` and `spreadsheet_reader.read` refuse.
    """
    answers = answers or Answers()
    is_json = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}
    rows = ReportRows(list(_of_json(data)), [], []) if is_json else report_tables.read(data, answers=answers)
    times = Times(rows.rows, zone, near, answers=answers, lasts=lasts)
    entries: list[ReportedJoin] = []
    unread: list[Unread] = []
    for row in rows.rows:
        found = times.of(row)
        if isinstance(found, ReportedJoin):
            entries.append(Namesake(*found) if row.is_shared else found)
        else:
            unread.append(Unread(row.number, line(found, most=100)))
    if not entries:
        words = _("No time in the report can be read, such as “%(text)s” in row %(row)s")
        if unread:
            raise ValidationError(words % {"text": unread[0].text, "row": unread[0].row}, code="unread")
        raise ValidationError(_("The report names nobody who was there"), code="empty")
    return Report(entries, unread, times.is_undated, rows.left_out, [*rows.notes, *times.notes])


class Times:
    """What the cells of a report say about times; `notes`: what was decided by its other rows. Refuses (`unclear`) days that may be
    months, and what `Lengths` and
    `report_zones.CellZones` refuse."""

    def __init__(
        self, rows: Sequence[Raw], zone: ZoneInfo, near: datetime, *, answers: Answers, lasts: timedelta
    ) -> None:
        written = [cell for row in rows for cell in (row.began, row.ended) if isinstance(cell, str)]
        self._order = Dates(written, near=near.astimezone(zone).date())
        if self._order.unclear:
            raise ValidationError(_(UNCLEAR) % {"text": self._order.unclear}, code="unclear")
        self._zone, self._near = zone, near
        self._cell_zones = report_zones.CellZones(written, chosen=zone, year=near.year, answers=answers)
        self.is_undated, self.notes = False, list[str]()
        if (text := Dates(written).unclear) and (day := dates.day(self._order.read(text))):
            words = _("“%(text)s” is read as %(day)s, which is nearer to the session")
            self.notes.append(words % {"text": text, "day": date_format(day, "DATE_FORMAT")})
        lengths = [(row, int(found[1])) for row in rows if (found := TWO_PARTS.fullmatch(dates.plain(row.length)))]
        self._has_seconds = any(row.unit < HOUR if row.unit else n >= LONGEST_MEETING for row, n in lengths)
        if text := next((row.length for row, _n in lengths if row.unit is None), ""):
            seconds, hours = (
                _("“%(text)s” is read as minutes and seconds"),
                _("“%(text)s” is read as hours and minutes"),
            )
            self.notes.append((seconds if self._has_seconds else hours) % {"text": text})
        usual = (lasts / 6, 1.5 * lasts)  # of people in a session
        self._lengths = {
            unit: Lengths(self._cells(rows, unit), unit=unit, usual=usual, answers=answers)
            for unit in dict.fromkeys(row.unit for row in rows)
        }
        if any(_is_blank(row.began) and row.length for row in rows):
            self.notes.append(_("Times of joining are counted back from those of leaving"))
        words = _("“%(text)s” is read as minutes")
        self.notes += [words % {"text": one.example} for one in self._lengths.values() if one.is_told]

    def _cells(self, rows: Sequence[Raw], unit: timedelta | None) -> Iterator[Cell]:
        """The lengths in a unit, each with the time from joining to leaving."""
        for row in rows:
            if row.unit == unit and not _is_blank(row.length):
                began = self._moment(row.began, near=self._near, zone=row.zones[0])
                ended = None
                if began and not _is_blank(row.ended):
                    ended = self._moment(row.ended, near=began, zone=row.zones[1], is_later=True)
                yield row.length, ended - began if began and ended else None

    def of(self, row: Raw) -> ReportedJoin | str:
        """The entry of a row, or what of it cannot be read. Who was away in between was there as long as the report says."""
        if _is_blank(row.began):
            return self._counted_back(row)
        is_open, has_length = _is_blank(row.ended), not _is_blank(row.length)
        length, rounded = self._length(row) if has_length else (None, DAY)
        began = self._moment(row.began, near=self._near, zone=row.zones[0])
        if began is None or (has_length and (length is None or (is_open and length > DAY))):
            return str(row.began if began is None else row.length)
        ended = None if is_open else self._moment(row.ended, near=began, zone=row.zones[1], is_later=True)
        if ended is None and not is_open:
            return str(row.ended)
        text = str(row.began) if is_open else f"{row.began} – {row.ended}"
        spans = _spans(began, ended, length=length)
        if len(spans) != 1:
            return _("%(text)s, where the clocks are changed") % {"text": text} if spans else text
        ((first, last),) = spans
        if length is not None and last is not None and last - first > length + rounded:
            last = first + length
        return ReportedJoin(row.name, row.email, first, last)

    def _counted_back(self, row: Raw) -> ReportedJoin | str:
        """The entry of a row that says when somebody left and how long they had been there, or what of it cannot be read."""
        length = None if _is_blank(row.length) else self._length(row)[0]
        ended = self._moment(row.ended, near=self._near, zone=row.zones[1])
        if length is None or length > DAY or ended is None:
            return str(row.ended if ended is None else row.length or row.ended)
        ends = {ended.replace(fold=n).astimezone(UTC) for n in (0, 1)}
        if len(ends) > 1:
            return _("%(text)s, where the clocks are changed") % {"text": row.ended}
        last = ends.pop()
        return ReportedJoin(row.name, row.email, last - length, last)

    def _length(self, row: Raw) -> tuple[timedelta | None, timedelta]:
        """How long somebody was there, and how much longer it may have been before it was rounded."""
        text, lengths = dates.plain(row.length), self._lengths[row.unit]
        length = lengths.of(f"0:{text}" if self._has_seconds and TWO_PARTS.fullmatch(text) else text)
        if lengths.way.unit == DAY:
            return length, DAY / 10 ** len(
                re.split("[.,]", text)[-1]
            )  # a spreadsheet writes as many digits as it shows
        return length, timedelta() if lengths.way.unit < MINUTE or (length and length % MINUTE) else MINUTE

    def _moment(self, value: Any, *, near: datetime, zone: tzinfo | None, is_later: bool = False) -> datetime | None:
        """The moment that a cell names, in the zone of its header or of the report. Where it names no day: who left did so after
        they came, and those who came did so near the session."""
        if isinstance(value, int | float):
            return moment_of(value // 1000 if value > 10**11 else value)  # milliseconds
        text, own = self._cell_zones.split(self._order.read(value))
        zone = own or zone or self._zone
        found = dates.moment(text)
        if found is None:
            text, own = dates.zone(text)
            if hours := dates.clock(text):
                self.is_undated |= not is_later
                first = near.astimezone(own or zone).date()
                days = [datetime.combine(first + n * DAY, hours, tzinfo=own or zone) for n in (-1, 0, 1)]
                return min(days, key=lambda one: (is_later and one < near, abs(one - near)))
        return found if found is None or found.tzinfo else found.replace(tzinfo=zone)


def _is_blank(value: Any) -> bool:
    return not value or str(value).strip().casefold() in NOT_THERE


def _spans(
    began: datetime, ended: datetime | None, *, length: timedelta | None
) -> set[tuple[datetime, datetime | None]]:
    """The moments in UTC from which and to which somebody was there: several where the clocks show an hour twice, and no length says
    which one it is; none where none ends after it began."""
    firsts, lasts = ({one.replace(fold=n).astimezone(UTC) for n in (0, 1)} if one else set() for one in (began, ended))
    if ended is None:
        return {(first, None if length is None else first + length) for first in firsts}
    real = {(first, last) for first in firsts for last in lasts if first <= last}
    if length is None or not real:
        return {*real}
    off = {(first, last): abs(last - first - length) for first, last in real}
    return {span for span in off if off[span] == min(off.values())}


def moment_of(seconds: float) -> datetime | None:
    """The moment so many seconds after the beginning of 1970; None for what is none of this century."""
    return datetime.fromtimestamp(int(seconds), UTC) if 0 < seconds < 4 * 10**9 else None


# --- JSON -----------------------------------------------------------------------------------------
def _of_json(data: bytes) -> Iterator[Raw]:
    try:
        found = list(_within(json.loads(data), name="", email=""))
    except (ValueError, RecursionError):
        raise ValidationError(_("The file is cut off, or is no JSON"), code="broken") from None
    if len(found) > MAX_ROWS:
        raise ValidationError(_("The file has more than %(n)s rows") % {"n": MAX_ROWS}, code="too-many-rows")
    for number, (name, email, joined, left) in enumerate(found, 1):
        if not isinstance(joined, int | float | str) or not isinstance(left, int | float | str | None):
            joined, left = "", ""
        yield Raw(number, line(str(name), most=LONGEST), line(str(email), most=LONGEST).lower(), joined, left)


def _within(value: Any, *, name: Any, email: Any) -> Iterator[tuple[Any, Any, Any, Any]]:
    """Whatever has a time of joining, wherever it stands, with the name and the address of what it stands in."""
    if isinstance(value, list):
        for one in value:
            yield from _within(one, name=name, email=email)
    elif isinstance(value, dict):

        def first(keys: Sequence[str], otherwise: Any = None) -> Any:
            return next((value[key] for key in keys if isinstance(value.get(key), int | float | str)), otherwise)

        identity = value.get("identity")
        name = first(JSON_KEYS["name"], identity.get("displayName", name) if isinstance(identity, dict) else name)
        email = first(JSON_KEYS["email"], email)
        if (joined := first(JSON_KEYS["began"])) is not None:
            yield name, email, joined, first(JSON_KEYS["ended"])
        for one in value.values():
            if isinstance(one, dict | list):
                yield from _within(one, name=name, email=email)
