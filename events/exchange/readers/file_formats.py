"""What a file is, by its content, and what it holds."""

from collections.abc import Callable
from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from events.exchange.readers import frab_json, frab_xml, tables
from events.exchange.readers.records import Programme, refusal
from events.exchange.readers.speaker_names import SpeakerNames
from events.models import Forum
from events.shared.tables.answers import Answers
from events.shared.tables.spreadsheet_reader import OLE


def format_of(data: bytes) -> str:
    """xml, json, ics or table, by the first bytes; "" for what is certainly none of them."""
    if data[:4] == b"PK\x03\x04" or data[:8] == OLE:
        return "table"
    head = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    is_utf16 = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    if head.startswith(b"<") or (is_utf16 and b"<\0" in data[:8] + b"\0"):
        return "xml"
    if head.startswith((b"{", b"[")):
        return "json"
    if head[:15].upper() == b"BEGIN:VCALENDAR":
        return "ics"
    return "" if not head or (b"\0" in data[:1024] and not is_utf16) else "table"


def _calendar(data: bytes, *, zone: ZoneInfo, forum: Forum | None, answers: Answers) -> Programme:
    from events.exchange.readers import ics  # 3 MB that a web process can do without until it reads a calendar

    return ics.read(data, zone=zone, days=(forum.starts, forum.ends) if forum else None, answers=answers)


def read(data: bytes, *, forum: Forum | None, answers: Answers, today: date | None = None) -> Programme:
    """Return what a file holds for a forum (None: a new one); `answers`: what its headers mean, `today`: near which its dates are. Times without a zone are the forum's; a new forum's until the file names one.

    Refuses, as a ValidationError with a code: `file-too-large`, `empty`, `unknown-format`, `no-schedule`, `broken`,
    `doctype`, `too-large`, `too-many-sessions`, `too-many-rows`, and `answers.OpenQuestion`. Nothing else comes out of it, whatever the bytes.
    """
    if len(data) > settings.UPLOAD_LIMIT:
        raise refusal(
            _("The file is larger than %(n)s MB") % {"n": settings.UPLOAD_LIMIT // 1_000_000}, code="file-too-large"
        )
    if not data.strip():
        raise refusal(_("The file is empty"), code="empty")
    zone = forum.zone if forum else ZoneInfo(str(Forum._meta.get_field("time_zone").default))
    readers: dict[str, Callable[..., Programme]] = {
        "xml": frab_xml.read,
        "json": frab_json.read,
        "ics": partial(_calendar, forum=forum, answers=answers),
        "table": partial(tables.read, forum=forum, today=today, answers=answers),
    }
    reader = readers.get(format_of(data))
    if reader is None:
        raise refusal(_("The file is none of frab XML, frab JSON, iCalendar, CSV and XLSX"), code="unknown-format")
    programme = reader(data, zone=zone)
    SpeakerNames(programme, answers=answers)
    if not programme.talks and not programme.problems:
        programme.note("", _("The file holds no sessions"))
    return programme
