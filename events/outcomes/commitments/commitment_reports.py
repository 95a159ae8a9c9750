"""The owner of a commitment reports on it; organisers confirm the report, and the public reads it."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Commitment, CommitmentReport, User
from events.outcomes.commitments import commitment_mails
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.pages import revision


def _lock(commitment: int) -> Commitment:
    rows = Commitment.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("outcome__forum").get(pk=commitment)


@transaction.atomic
def report(
    commitment: Commitment, *, by: User, state: str, text: str = "", proof: str = "", now: datetime
) -> CommitmentReport:
    """Say what has become of a commitment. It waits for an organiser, in place of one that waits already: that is deleted, so that
    nobody confirms what they have not read.

    Refuses `not-yours`, `missing` at `state`, and at `proof` (what is kept has a link that shows it), and by field what the
    columns cannot hold.
    """
    row = _lock(commitment.pk)
    if row.owner_id != by.pk:
        raise ValidationError(_("Only the owner of a commitment reports on it"), code="not-yours")
    found = CommitmentReport(commitment=row, state=state, text=text, proof=proof, by=by, reported=now)
    if not state:
        raise ValidationError({"state": ValidationError(_("Choose what has become of it"), code="missing")})
    found.clean_fields(exclude=["commitment", "by"])
    if state == CommitmentReport.State.KEPT and not proof:
        raise ValidationError({"proof": ValidationError(_("Give a link that shows it"), code="missing")})
    row.reports.filter(confirmed=None).delete()
    found.save()
    history.record(row, verb=Verb.REPORT_COMMITMENT, by=by, now=now)
    return found


@transaction.atomic
def confirm(report: CommitmentReport, *, by: User, now: datetime) -> CommitmentReport:
    """Show a report to the public. Refuses `wrong-state` (it is confirmed already) and `outdated` (another one took its place)."""
    row = _waiting(report)
    row.confirmed, row.sent_back = now, ""
    row.save(update_fields=["confirmed", "sent_back"])
    history.record(row.commitment, verb=Verb.CONFIRM_COMMITMENT, by=by, now=now)
    revision.bump()
    commitment_mails.write_confirmed(row, now=now)
    return row


@transaction.atomic
def send_back(report: CommitmentReport, *, reason: str, by: User, now: datetime) -> CommitmentReport:
    """Give a report back to its owner, for a reason that they read; the next one takes its place. Refuses as `confirm`, and
    `no-reason`."""
    row = _waiting(report)
    row.sent_back = reason.strip()
    if not row.sent_back:
        raise ValidationError({"reason": ValidationError(_("Say why, in a sentence or two"), code="no-reason")})
    row.save(update_fields=["sent_back"])
    history.record(row.commitment, verb=Verb.SEND_BACK_COMMITMENT, by=by, now=now, reason=row.sent_back)
    commitment_mails.write_sent_back(row, now=now)
    return row


def _waiting(report: CommitmentReport) -> CommitmentReport:
    """A report that is not confirmed, under the lock of its commitment."""
    _lock(report.commitment_id)
    rows = CommitmentReport.objects.select_related("commitment__outcome__forum", "commitment__owner")
    row = rows.filter(pk=report.pk).first()
    if row is None:
        raise ValidationError(_("The owner has sent another report since. Read that one"), code="outdated")
    if row.confirmed is not None:
        raise ValidationError(_("This report is confirmed already"), code="wrong-state")
    return row
