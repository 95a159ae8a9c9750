"""The versions of the Outcome Document: asked for by an organiser, made by a worker, kept, and shown to the public.

The row is the job (decision 0001). A worker takes it for as long as one step may last; one that is lost is followed by
another. Both files are made of the same content, each by a program of its own, whose memory goes with it.
"""

import hashlib
import logging
import sys
from datetime import datetime
from functools import partial
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Max, QuerySet
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from events.broker import wake_ups
from events.history import log as history
from events.jobs.troubles import trouble_of
from events.memory import give_back
from events.models import Forum, User
from events.pages import revision
from events.pdf import pdf_files
from events.pdf.pdf_files import Source
from prizes.editions.verbs import PrizeVerb
from prizes.models import OutcomeDocument
from prizes.outcome_document import content

logger = logging.getLogger(__name__)

TASK = "prizes.tasks.make_outcome_documents"
CHARTS, TEMPLATE = (Path(__file__).with_name(name).read_text() for name in ("charts.typ", "document.typ"))
PICTURES = "#set page(width: 162mm, height: auto, margin: 0mm)\n#for line in given.slice(1) { for part in json(bytes(line)) { page(drawn(part)) } }"
WRITING = [sys.executable, "-P", str(Path(__file__).with_name("docx_writing.py"))]
LONGEST = 300.0  # seconds that drawing one of the files may take: fewer than its lease has
GATHERED, DRAWN = 15, 70  # percent
State = OutcomeDocument.State


@transaction.atomic
def ask(forum: Forum, *, language: str, by: User, now: datetime) -> OutcomeDocument:
    """Have a new version made. Asked twice, it is made once. Refuses `being-made` where one in another language is made."""
    Forum.objects.select_for_update(no_key=True).get(pk=forum.pk)
    rows = OutcomeDocument.objects.filter(forum=forum)
    if (open_row := rows.filter(state=State.MAKING).first()) is not None:
        if open_row.language == language:
            return open_row
        words = _("The document is being made in another language. Ask for this one when that is there")
        raise ValidationError(words, code="being-made")
    number = (rows.aggregate(last=Max("number"))["last"] or 0) + 1
    row = OutcomeDocument.objects.create(forum=forum, number=number, language=language, asked_by=by, asked=now)
    history.record(row, verb=PrizeVerb.MAKE_DOCUMENT, by=by, now=now)
    transaction.on_commit(partial(wake_ups.wake, TASK), robust=True)
    return row


# --- the workers ----------------------------------------------------------------------------------
def make_next(now: datetime) -> bool:
    """Make the next document that waits, or whose worker was lost; return whether there was one."""
    row = OutcomeDocument.objects.select_related("forum").claim()
    if row is not None:
        _make(row, now=now)
    return row is not None


def _make(row: OutcomeDocument, *, now: datetime) -> None:
    """Make both files of a row that was claimed. What fails is told, and the log says why."""
    found = OutcomeDocument.objects.filter(pk=row.pk, state=State.MAKING)
    try:
        with translation.override(row.language):
            document = content.document(row.forum, version=row.number, now=now)
        shown, pictures = document.json, document.charts
        del document
        give_back()  # what was gathered, before Typst needs it
        found.update(taken=Now())
        row.set_progress(GATHERED)
        source = Source(CHARTS + TEMPLATE, content=shown, made=int(now.timestamp()), accessible=True)
        row.pdf_sha256 = _keep(row, "pdf", pdf_files.draw(source, longest=LONGEST))
        found.update(taken=Now())
        row.set_progress(DRAWN)
        images = pdf_files.pictures(CHARTS + PICTURES, pictures, longest=LONGEST)
        row.docx_sha256 = _keep(row, "docx", pdf_files.drawn_by(WRITING, f"{images}\n{shown}", longest=LONGEST))
    except Exception as error:  # whatever it is: the others are made all the same
        if trouble_of(error):  # it is no fault of the document, which waits for its lease to end
            raise
        logger.exception("Outcome Document %s cannot be made", row.pk)
        found.update(state=State.FAILED)
        return
    names = {name: getattr(row, name) for name in ("pdf", "pdf_sha256", "docx", "docx_sha256")}
    found.update(state=State.DONE, moment=now, **names)


def _keep(row: OutcomeDocument, kind: str, file: bytes) -> str:
    """Store one of the files of a row that is saved later; return its SHA-256."""
    getattr(row, kind).save(f"document.{kind}", ContentFile(file), save=False)
    return hashlib.sha256(file).hexdigest()


# --- what the public sees -------------------------------------------------------------------------
def published(forum: Forum) -> QuerySet[OutcomeDocument]:
    """The versions that the public may see, the latest first."""
    return OutcomeDocument.objects.filter(forum=forum, published__isnull=False, forum__is_public=True)


@transaction.atomic
def publish(document: OutcomeDocument, *, by: User, now: datetime) -> OutcomeDocument:
    """Show a version to the public. Refuses `wrong-state` (it is not made, or public already)."""
    row = OutcomeDocument.objects.select_for_update(of=("self",)).get(pk=document.pk)
    if row.state != State.DONE or row.published is not None:
        raise ValidationError(_("Only a version that is made, and not public yet, is published"), code="wrong-state")
    return _show(row, since=now, verb=PrizeVerb.PUBLISH_DOCUMENT, by=by, now=now)


@transaction.atomic
def hide(document: OutcomeDocument, *, by: User, now: datetime) -> OutcomeDocument:
    """Take a version back from the public. Refuses `wrong-state` (it is not public)."""
    row = OutcomeDocument.objects.select_for_update(of=("self",)).get(pk=document.pk)
    if row.published is None:
        raise ValidationError(_("This version is not public"), code="wrong-state")
    return _show(row, since=None, verb=PrizeVerb.HIDE_DOCUMENT, by=by, now=now)


def _show(row: OutcomeDocument, *, since: datetime | None, verb: PrizeVerb, by: User, now: datetime) -> OutcomeDocument:
    row.published = since
    row.save(update_fields=["published"])
    history.record(row, verb=verb, by=by, now=now)
    revision.bump()
    return row
