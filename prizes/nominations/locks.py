"""The locks of nominating, and who may still change what: every verb on a nomination begins here."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.formatting import times
from events.models import User
from prizes.models import Edition, Nomination, Phase

# The nominator is not told of the shortlist, so it may not stop an edit either.
EDITABLE = frozenset({Nomination.State.DRAFT, Nomination.State.SUBMITTED, Nomination.State.SHORTLISTED})


def check_open(edition: Edition, *, at: datetime) -> None:
    """Refuse `not-open` before the submission phase and `deadline` from its end on (half-open). At most two queries."""
    phase = edition.phases.filter(kind=Phase.Kind.SUBMISSION).first()
    if phase is None or at < phase.starts:
        raise ValidationError(_("Submission is not open yet"), code="not-open")
    if at >= phase.ends:
        moment = times.deadline(phase.ends, zone=edition.zone, forum=edition.forum)
        raise ValidationError(_("Submission closed on %(moment)s") % {"moment": moment}, code="deadline")


def lock_edition(pk: int) -> Edition:
    """Lock an edition without making a vote wait, whose inserts point at it."""
    return Edition.objects.select_for_update(no_key=True, of=("self",)).select_related("forum").get(pk=pk)


def lock_nomination(nomination: Nomination) -> Nomination:
    """Lock a nomination, with its edition and forum loaded."""
    return (
        Nomination.objects.select_for_update(no_key=True, of=("self",))
        .select_related("edition__forum")
        .get(pk=nomination.pk)
    )


def locked_for(nomination: Nomination, *, by: User, at: datetime) -> Nomination:
    """Lock a nomination for an edit by its nominator. Refuses `not-yours`, `wrong-state`, `not-open`, `deadline`."""
    row = lock_nomination(nomination)
    if row.nominator_id != by.pk:
        raise ValidationError(_("Only the person who began a nomination can change it"), code="not-yours")
    if row.state not in EDITABLE:
        raise ValidationError(_("This nomination can no longer be changed"), code="wrong-state")
    check_open(row.edition, at=at)
    return row
