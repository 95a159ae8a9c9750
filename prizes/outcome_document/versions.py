"""The versions of the Outcome Document: asked for by an organiser, made by a worker, kept, and shown to the public.

The row is the job (events.shared.jobs.queue). Both files are made of the same content, each by a program of its own, whose memory goes with it.
"""

import hashlib
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from events.models import Forum, User
from events.shared.broker import wake_ups
from events.shared.history import log as history
from events.shared.jobs.queue import JobQueue
from events.shared.memory import give_back
from events.shared.pdf import pdf_files
from events.shared.pdf.pdf_files import PdfSource
from events.shared.rights import hooks
from prizes.editions.verbs import PrizeVerb
from prizes.models import OutcomeDocument
from prizes.outcome_document import content

TASK = "prizes.tasks.make_outcome_documents"
CHARTS, TEMPLATE = (Path(__file__).with_name(name).read_text() for name in ("charts.typ", "document.typ"))
PICTURES = "#set page(width: 162mm, height: auto, margin: 0mm)\n#for line in given.slice(1) { for part in json(bytes(line)) { page(drawn(part)) } }"
WRITING = [sys.executable, "-P", str(Path(__file__).with_name("docx_writing.py"))]
LONGEST = 300.0  # seconds that each step of drawing may take: all three together fewer than the lease has
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
    row = OutcomeDocument.objects.create(forum=forum, number=number, language=language, asked_by=by, asked=now, due=now)
    history.record(row, verb=PrizeVerb.MAKE_DOCUMENT, by=by, now=now)
    transaction.on_commit(partial(wake_ups.wake, TASK), robust=True)
    return row


# --- the workers ----------------------------------------------------------------------------------
def _make(row: OutcomeDocument, *, now: datetime) -> dict[str, Any]:
    """Make both files."""
    document = content.document(row.forum, version=row.number, now=now)
    shown, pictures = document.json, document.charts
    del document
    give_back()  # what was gathered, before Typst needs it
    row.set_progress(GATHERED)
    source = PdfSource(CHARTS + TEMPLATE, content=shown, made=int(now.timestamp()), accessible=True)
    row.pdf_sha256 = _keep(row, "pdf", pdf_files.draw(source, longest=LONGEST))
    row.set_progress(DRAWN)
    images = pdf_files.pictures(CHARTS + PICTURES, pictures, longest=LONGEST)
    row.docx_sha256 = _keep(row, "docx", pdf_files.drawn_by(WRITING, f"{images}\n{shown}", longest=LONGEST))
    return {"moment": now} | {name: getattr(row, name) for name in ("pdf", "pdf_sha256", "docx", "docx_sha256")}


DOCUMENTS = JobQueue(OutcomeDocument, _make, is_whole=False, language=lambda row: row.language)
make_due = DOCUMENTS.run


def _keep(row: OutcomeDocument, kind: str, file: bytes) -> str:
    """Store one of the files of a row that is saved later; return its SHA-256."""
    getattr(row, kind).save(f"document.{kind}", ContentFile(file), save=False)
    return hashlib.sha256(file).hexdigest()


# --- what the public sees -------------------------------------------------------------------------
def published(forum: Forum) -> QuerySet[OutcomeDocument]:
    """The versions that the public may see, the latest first."""
    return OutcomeDocument.objects.filter(forum=forum, published__isnull=False, forum__is_public=True)


@hooks.stays_as_it_is()
def _is_not_made(row: object, is_public: bool, _now: datetime) -> str:
    """Only a version whose files are there is shown."""
    is_early = is_public and isinstance(row, OutcomeDocument) and row.state != State.DONE
    return _("Only a version that is made, and not public yet, is published") if is_early else ""
