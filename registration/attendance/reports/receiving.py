"""Reports that come without a person who looks at them: only what is certain becomes stays."""

import hashlib
from datetime import datetime
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.formatting.plain_text import line
from events.models import Forum, Session
from registration.attendance.reports import formats, importing
from registration.attendance.reports import participants as people_of
from registration.models import MeetingReport, ReportPass

LARGEST = 10_000_000  # bytes


def receive(
    data: bytes,
    *,
    name: str,
    code: str,
    forum: Forum,
    zone: ZoneInfo | None = None,
    report_pass: ReportPass | None = None,
    now: datetime,
) -> MeetingReport:
    """Write the stays of a report of the session with this `code`, and what became of it, which is returned.

    People with an address that we know are certain; all others, also those with a name that we know, are unknown until
    somebody decides on them in the admin. `zone`: of times that name none; else the forum's. The same again changes nothing.
    What was written stays in its row where the same file is refused later, as with another `zone`.
    The row that is returned holds the code of a refusal: `no-session`, `not-begun`, `too-large`, and what `formats.read` and
    `importing.outside` refuse.
    """
    session = Session.objects.select_related("forum").filter(forum=forum, code=code.upper()).first()
    report = _read(data, session=session, zone=zone or forum.zone, now=now)
    with transaction.atomic():
        Forum.objects.select_for_update(no_key=True).get(pk=forum.pk)  # the same file twice at once is one row
        own = {"forum": forum, "session": session, "digest": hashlib.sha256(data).hexdigest()}
        row = MeetingReport.objects.filter(**own).first() or MeetingReport(**own)
        row.name, row.report_pass, row.received = line(name, most=80), report_pass, now
        was_written = row.pk is not None and not row.refusal
        try:
            with transaction.atomic():
                _write(row, report=report)
        except ValidationError as refusal:
            row.people = row.named = row.unknown = row.written = row.known = row.unread = 0
            row.refusal, row.reason = refusal.code or "refused", " ".join(refusal.messages)
            if was_written:
                return row
        row.save()
    return row


def _read(data: bytes, *, session: Session | None, zone: ZoneInfo, now: datetime) -> formats.Report | ValidationError:
    """A report, read before anything is locked; or why it is refused."""
    if session is None:
        return ValidationError(_("No session of this forum has this code"), code="no-session")
    if session.state != Session.State.SCHEDULED or session.starts is None or session.starts > now:
        return ValidationError(_("This session has not begun, or does not take place"), code="not-begun")
    if len(data) > LARGEST:
        return ValidationError(_("The file is larger than %(n)s MB") % {"n": LARGEST // 10**6}, code="too-large")
    try:
        return formats.read(data, zone=zone, near=session.starts)
    except ValidationError as refusal:
        return refusal


def _write(row: MeetingReport, *, report: formats.Report | ValidationError) -> None:
    if isinstance(report, ValidationError):
        raise report
    assert row.session is not None  # noqa: S101, else it is refused
    people = people_of.participants(report.entries)
    matched = people_of.match(people, session=row.session)
    by = row.report_pass.made_by if row.report_pass else None
    registrations = [matched.sure.get(place) for place in range(len(people))]
    done = importing.write(people, registrations=registrations, session=row.session, device=row.name, by=by)
    row.people, row.named, row.unread = len(people), len(matched.doubtful), len(report.unread)
    row.unknown = len(people) - len(matched.sure) - len(matched.doubtful)
    row.written, row.known = done
    row.refusal = row.reason = ""
