"""What meeting systems write about who was there: read into one shape.

Tables (CSV, XLSX) of Zoom (meetings, webinars), Teams, Webex, Google Meet and BigBlueButton, in any language; JSON of BigBlueButton's
dashboard, of Jitsi's `event_sync`, and of the interfaces of Zoom, Webex and Teams. A table is known by its columns, not by its vendor.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.formatting.plain_text import line
from events.tables import dates
from events.tables.answers import Answers
from events.tables.dates import UNCLEAR, Dates
from registration.attendance.reports import report_tables
from registration.attendance.reports.report_tables import LONGEST, MAX_ROWS, NOT_THERE, Raw

JSON_KEYS = {
    "name": ("name", "displayName"),
    "email": ("email", "user_email", "emailAddress"),
    "began": ("registeredOn", "joined_at", "join_time", "joinedTime", "joinDateTime"),
    "ended": ("leftOn", "left_at", "leave_time", "leftTime", "leaveDateTime"),
}
ROUNDED = timedelta(minutes=1)  # a length of whole minutes may have lost or gained less
DAY = timedelta(days=1)


class Entry(NamedTuple):
    """One time that somebody joined; `ended` is None where the report does not say when they left."""

    name: str
    email: str
    began: datetime
    ended: datetime | None


class Unread(NamedTuple):
    """A row that is left out, and what of it cannot be read."""

    row: int
    text: str


class Report(NamedTuple):
    """`is_undated`: it says no day, so that of the session is taken."""

    entries: list[Entry]
    unread: list[Unread]
    is_undated: bool = False


def read(data: bytes, *, zone: ZoneInfo, near: datetime, answers: Answers | None = None) -> Report:
    """The entries of a report. `zone`: of times that name none; `near`: a moment of the meeting, which decides whether 07/04/2020 is
    in April or in July, and on which day times are that name none, where somebody is asked. `answers`: which column is which.

    Refuses `broken` (also one that is cut off), `no-column` (`report_tables.ColumnsOpen`), `unclear` (days and months), `unread` (no
    time), `empty`, and what `spreadsheet_reader.read` refuses.
    """
    answers = answers or Answers()
    is_json = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}
    raw = list(_of_json(data) if is_json else report_tables.read(data, answers=answers))
    written = [cell for row in raw for cell in (row.began, row.ended) if isinstance(cell, str)]
    times = Times(Dates(written, near=near.astimezone(zone).date()), zone, near, may_lack_days=answers.is_asking)
    entries: list[Entry] = []
    unread: list[Unread] = []
    for row in raw:
        found = times.of(row)
        if isinstance(found, Entry):
            entries.append(found)
        else:
            unread.append(Unread(row.number, line(found, most=60)))
    if not entries:
        words = _("No time in the report can be read, such as “%(text)s” in row %(row)s")
        if unread:
            raise ValidationError(words % {"text": unread[0].text, "row": unread[0].row}, code="unread")
        raise ValidationError(_("The report names nobody who was there"), code="empty")
    return Report(entries, unread, times.is_undated)


class Times:
    """What the cells of a report say about times. Refuses (`unclear`) days that may be months."""

    def __init__(self, order: Dates, zone: ZoneInfo, near: datetime, *, may_lack_days: bool) -> None:
        if order.unclear:
            raise ValidationError(_(UNCLEAR) % {"text": order.unclear}, code="unclear")
        self._order, self._zone, self._near, self._may_lack_days = order, zone, near, may_lack_days
        self.is_undated = False

    def of(self, row: Raw) -> Entry | str:
        """The entry of a row, or what of it cannot be read. Who was away in between was there as long as the report says."""
        is_open, has_length = _is_blank(row.ended), not _is_blank(row.length)
        length = dates.duration(row.length) if has_length else None
        began = self._moment(row.began, near=self._near)
        if began is None or (has_length and length is None):
            return str(row.began if began is None else row.length)
        if is_open:
            began = began.astimezone(UTC)
            return Entry(row.name, row.email, began, None if length is None else began + length)
        ended = self._moment(row.ended, near=began, is_later=True)
        if ended is None:
            return str(row.ended)
        span = _span(began, ended, length=length)
        if span is None:
            return f"{row.began} – {row.ended}"
        if length is not None and span[1] - span[0] > length + (timedelta() if length % ROUNDED else ROUNDED):
            span = span[0], span[0] + length
        return Entry(row.name, row.email, *span)

    def _moment(self, value: Any, *, near: datetime, is_later: bool = False) -> datetime | None:
        if isinstance(value, int | float):
            return moment_of(value // 1000 if value > 10**11 else value)  # milliseconds
        found = dates.moment(self._order.read(value))
        if found is None and self._may_lack_days:
            text, zone = dates.zone(value)
            if hours := dates.clock(text):
                self.is_undated = True
                first = near.astimezone(zone or self._zone).date()
                days = [datetime.combine(first + n * DAY, hours, tzinfo=zone or self._zone) for n in (-1, 0, 1)]
                return min(days, key=lambda one: (is_later and one < near, abs(one - near)))
        return found if found is None or found.tzinfo else found.replace(tzinfo=self._zone)


def _is_blank(value: Any) -> bool:
    return not value or str(value).strip().casefold() in NOT_THERE


def _span(began: datetime, ended: datetime, *, length: timedelta | None) -> tuple[datetime, datetime] | None:
    """The two in UTC. An hour that the clocks show twice is the one that makes the length; None where nothing says which one, and
    where none ends after it began."""
    spans = {
        (began.replace(fold=a).astimezone(UTC), ended.replace(fold=b).astimezone(UTC)) for a in (0, 1) for b in (0, 1)
    }
    real = sorted(span for span in spans if span[0] <= span[1])
    if length is not None and real:
        return min(real, key=lambda span: abs(span[1] - span[0] - length))
    return real[0] if len({last - first for first, last in real}) == 1 else None


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
