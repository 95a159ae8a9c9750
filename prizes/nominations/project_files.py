"""The files of a nomination: PDF, PNG or JPEG by their content, five at the most, for a few people only."""

from datetime import datetime
from functools import partial
from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import User
from events.models.uploads import validate_document
from prizes.editions import log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Assignment, Attachment, Nomination
from prizes.nominations.submission import keep_version, locked_for

MOST_FILES = 5


def may_read(nomination: Nomination, *, user: User) -> bool:
    """Whether a person may have the files: the nominator, and of what was submitted experts who review it, staff who may see
    nominations.

    An expert who is recused, no longer active, or has still to answer a conflict gets none; nor does any where the
    review is blind, because the titles of files name people: the experts' desk serves them under numbers.
    """
    if nomination.nominator_id == user.pk:
        return True
    if nomination.submitted is None:
        return False
    if user.has_perm("prizes.view_nomination", nomination):
        return True
    if nomination.edition.is_blind_review:
        return False
    return nomination.assignments.filter(
        expert__user=user, expert__is_active=True, state__in=Assignment.READING, expert__edition=nomination.edition_id
    ).exists()


def _name(title: str, *, file: File) -> str:
    """The title that the person gave, else the file's name without its ending; readable and never empty."""
    stem = PurePath(str(file.name or "").replace("\\", "/")).stem.strip().replace("\0", "")
    return (title.strip() or stem or "file")[:150]


@transaction.atomic
def add(nomination: Nomination, *, by: User, title: str, file: File, now: datetime) -> Attachment:
    """Attach a file. Of a submitted nomination this makes a version.

    Refuses `too-many-files`, `file-too-large` (10 MB), `file-type` (no PDF, PNG or JPEG by its bytes), and what
    `submission.locked_for` refuses. Nothing is stored then.
    """
    row = locked_for(nomination, by=by, now=now)
    if row.attachments.count() >= MOST_FILES:
        sentence = _("There are %(number)s files already. Remove one first") % {"number": MOST_FILES}
        raise ValidationError(sentence, code="too-many-files")
    if not file.size:
        raise ValidationError(_("The file is empty. Choose another one"), code="file-type")
    validate_document(file)
    attachment = Attachment.objects.create(nomination=row, title=_name(title, file=file), file=file, uploaded=now)
    _noted(row, verb=PrizeVerb.ADD_FILE, by=by, now=now)
    return attachment


@transaction.atomic
def remove(attachment: Attachment, *, by: User, now: datetime) -> None:
    """Take a file away. Its bytes stay where a version names them. Refuses what `locked_for` refuses."""
    row = locked_for(attachment.nomination, by=by, now=now)
    deleted, _rows = Attachment.objects.filter(pk=attachment.pk, nomination=row).delete()
    if not deleted:
        return
    if row.state == Nomination.State.DRAFT and attachment.file.name:
        transaction.on_commit(partial(attachment.file.storage.delete, attachment.file.name), robust=True)
    _noted(row, verb=PrizeVerb.REMOVE_FILE, by=by, now=now)


def _noted(row: Nomination, *, verb: str, by: User, now: datetime) -> None:
    row.revision += 1
    row.updated = now
    if row.state == Nomination.State.SUBMITTED:
        row.forget_check()
    row.save()
    if row.state != Nomination.State.DRAFT:
        keep_version(row, by=by, now=now)
    log.record(row.edition, row=row, verb=verb, by=by, now=now)
