"""The report of a session: its hosts save it step by step and submit it; organisers approve it, and the public reads it.

A report that is submitted is the organisers': they edit it in the admin.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import SDG, ActionLine, HostedSession, Outcome, Session, SessionReport, Theme, User
from events.outcomes.report.report_draft import MOST_OUTCOMES, TEXTS, ReportDraft, outcome_rows
from events.proposals.hosting import session_editing
from events.reference import organisations
from events.shared.drafts.drafts import check_columns, check_read, encoded
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.pages import revision
from events.shared.rights import hooks

State = SessionReport.State
LAST = 1000  # where the outcomes of hosts stand in the order, until organisers move them


def of(session: Session) -> SessionReport:
    """The report of a session; a new one, not saved yet, where there is none."""
    return SessionReport.objects.filter(session=session).first() or SessionReport(session=session)


def is_editable(report: SessionReport, *, now: datetime) -> bool:
    """Whether the hosts may write it: the session took place and is over, and the report is not submitted."""
    session = report.session
    is_held = session.state == Session.State.SCHEDULED and session.is_over(now)
    return is_held and report.state == State.DRAFT


def _lock(session: Session, *, by: User, now: datetime) -> tuple[SessionReport, HostedSession]:
    row = session_editing.lock(session)
    host = session_editing.check_host(row, by=by)
    if row.state != Session.State.SCHEDULED:
        raise ValidationError(_("This session did not take place"), code="wrong-state")
    if not row.is_over(now):
        raise ValidationError(_("The session is not over yet"), code="too-early")
    report = of(row)
    report.session = row
    if report.state != State.DRAFT:
        words = _("This report is with the organisers. Write to them if something is wrong")
        raise ValidationError(words, code="with-organisers")
    return report, host


@transaction.atomic
def save(
    session: Session, *, by: User, step: str, data: Mapping[str, Any], seen: str = "", now: datetime
) -> SessionReport:
    """Keep answers of one step, complete or not. `seen`: the digest of the step when the form was shown.

    Refuses `not-yours`, `wrong-state` (the session is cancelled), `too-early` (it is not over), `with-organisers`,
    `outdated` (another host or device has changed the step since), and by field what the columns cannot hold.
    """
    report, _host = _lock(session, by=by, now=now)
    changed = ReportDraft(report).changed(step, data, seen=seen)
    if not changed:
        return report
    for name in TEXTS:
        setattr(report, name, changed.pop(name, getattr(report, name)))
    check_columns(report, TEXTS)
    kept = {**report.answers, **encoded(changed)}
    report.answers = {name: answer for name, answer in kept.items() if answer not in ("", None, [])}
    report.revision += 1
    report.updated = now
    report.save()
    return report


@transaction.atomic
def submit(session: Session, *, by: User, revision_seen: int | None = None, now: datetime) -> SessionReport:
    """Hand a report to the organisers; its outcomes become rows that wait for them.

    What an outcome does not say, the session says: its day, Action Lines and goals, and the host's organisation. Refuses those
    of `save` but the columns, `outdated` (it changed since the person read it), by field those of `ReportDraft.problems`, and
    `too-many` (20 outcomes).
    """
    report, host = _lock(session, by=by, now=now)
    check_read(report, revision_seen=revision_seen)
    draft = ReportDraft(report)
    if problems := draft.problems():
        raise ValidationError(problems)
    rows, count = outcome_rows(draft.answers), report.session.outcomes.count()
    if count + len(rows) > MOST_OUTCOMES:
        raise ValidationError(_("A session has 20 outcomes at the most"), code="too-many")
    for place, row in enumerate(rows.values(), start=LAST + count):
        _make(row, report=report, host=host, order=place)
    report.state, report.answers, report.submitted, report.updated = State.SUBMITTED, {}, now, now
    report.revision += 1
    report.save()
    history.record(report.session, verb=Verb.REPORT_OUTCOME, by=by, now=now)
    return report


def _make(row: Mapping[str, Any], *, report: SessionReport, host: HostedSession, order: int) -> None:
    session = report.session
    outcome = Outcome.objects.create(
        forum=session.forum,
        session=session,
        kind=row["kind"],
        title=row["title"],
        text=row.get("text", ""),
        date=row.get("date") or _day_of(session),
        order=order,
        is_public=False,
        comes_with_report=True,
    )
    named = [organisations.find_or_make(name) for name in row.get("organisations", [])]
    outcome.organisations.set([one for one in named or [host.organisation] if one])
    outcome.themes.set(Theme.objects.filter(code__in=row.get("themes", [])))
    lines, goals = row.get("action_lines"), row.get("sdgs")
    outcome.action_lines.set(ActionLine.objects.filter(code__in=lines) if lines else session.action_lines.all())
    outcome.sdgs.set(SDG.objects.filter(number__in=goals) if goals else session.sdgs.all())


def _day_of(session: Session) -> date | None:
    return session.forum.local(session.starts).date() if session.starts else None


def write(report: SessionReport, *, by: User, now: datetime) -> None:
    """Save what an organiser has written. What they write themselves waits for nobody else. Hosts submit no draft that was changed
    since they read it."""
    report.revision += 1
    if report.pk is None:
        report.state, report.submitted = State.SUBMITTED, now
    report.save()


@transaction.atomic
def approve(report: SessionReport, *, by: User, now: datetime) -> SessionReport:
    """Show a report to the public, with the outcomes that came with it and that organisers do not keep hidden. Refuses `wrong-state`
    (it is not submitted, or public already)."""
    session = session_editing.lock(report.session)
    row = SessionReport.objects.select_for_update(no_key=True).get(pk=report.pk)
    if row.state != State.SUBMITTED:
        words = (
            _("This report is public already") if row.state == State.APPROVED else _("This report is not submitted yet")
        )
        raise ValidationError(words, code="wrong-state")
    row.state = State.APPROVED
    row.save(update_fields=["state"])
    session.outcomes.filter(comes_with_report=True).update(is_public=True, comes_with_report=False)
    history.record(session, verb=Verb.APPROVE_REPORT, by=by, now=now)
    revision.touch([session.pk], now=now)
    revision.bump()
    return row


@hooks.shown_or_hidden()
def _with_its_session(row: object, is_public: bool, by: User, now: datetime) -> None:
    """An outcome that was shown or hidden by itself waits for no report any more; the history of its session tells of it."""
    if isinstance(row, Outcome):
        Outcome.objects.filter(pk=row.pk).update(comes_with_report=False)
        if row.session is not None:
            if is_public:
                history.record(row.session, verb=Verb.PUBLISH_OUTCOME, by=by, now=now, reason=row.title)
            revision.touch([row.session.pk], now=now)
