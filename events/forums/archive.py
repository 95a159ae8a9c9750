"""The archive: a forum that is over is only read from then on. Its pages stay under their addresses for good.

Rights to write end there (`events.shared.rights.memberships`), and so does whatever people send to its pages (`config.middleware.ReadOnlyArchive`).
Certificates, files to take out, copies and erasures of personal data, and retention go on.
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.forums import hooks
from events.models import Forum, User
from events.shared.history import log
from events.shared.history.verbs import Verb
from events.shared.pages import revision
from events.shared.rights import memberships


def check(forum: Forum, *, now: datetime) -> None:
    """Refuse to archive a forum: `archived` (it is), `not-over` (its last day has not passed), and `goes-on` where a higher app
    says why (`hooks.forum_goes_on`)."""
    if forum.archived:
        raise ValidationError(_("This forum is archived already"), code="archived")
    if not forum.is_over(now):
        raise ValidationError(_("The forum is not over yet. Archive it after its last day"), code="not-over")
    for reason in (function(forum, now) for function in hooks.forum_goes_on.of()):
        if reason:
            raise ValidationError(reason, code="goes-on")


@transaction.atomic
def archive(forum: Forum, *, by: User, now: datetime) -> Forum:
    """Archive a forum. Refuses as `check`."""
    row = Forum.objects.select_for_update(no_key=True).get(pk=forum.pk)
    check(row, now=now)
    return _set(row, archived=now, verb=Verb.ARCHIVE, by=by, reason="", now=now)


@transaction.atomic
def take_out(forum: Forum, *, reason: str, by: User, now: datetime) -> Forum:
    """Open an archived forum again. Refuses `not-archived`, and `not-supervisor`: only supervisors of all forums do so, and say
    why."""
    row = Forum.objects.select_for_update(no_key=True).get(pk=forum.pk)
    if row.archived is None:
        raise ValidationError(_("This forum is not archived"), code="not-archived")
    if not memberships.supervisors_include(by, None):
        words = _("Only a supervisor of all forums takes a forum out of the archive")
        raise ValidationError(words, code="not-supervisor")
    return _set(row, archived=None, verb=Verb.OPEN_ARCHIVE, by=by, reason=reason, now=now)


def _set(row: Forum, *, archived: datetime | None, verb: Verb, by: User, reason: str, now: datetime) -> Forum:
    row.archived = archived
    row.save(update_fields=["archived"])
    log.record(row, verb=verb, by=by, now=now, reason=reason)
    revision.bump()
    return row
