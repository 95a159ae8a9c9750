"""PDF files, made by the workers and kept as rows, so that every web process finds them, after a restart too.

What is drawn is in the row that asks for it, and its digest is the row's name: a file is made once for all who ask for the
same content, and another content is another file. So nothing is ever out of date, and what nobody asks for any more goes
after a day. Drawing takes a core for seconds and 130 MB: web processes never do it.
"""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from events.broker import wake_ups
from events.models import PdfFile

logger = logging.getLogger(__name__)

TASK = "events.tasks.make_pdf_files"
WAIT, LOOK_EVERY = 1.2, 0.05  # seconds that who asks first waits: most files are there before
LEASE = timedelta(minutes=1)  # then another worker tries: the first was lost, or it failed
TRIES = 3
KEPT = timedelta(days=1)  # since somebody asked for it last
NOTED = timedelta(hours=1)  # how exactly that is known
MOST = 500  # files that are kept; those asked for last stay. The programme of 1,000 sessions has about 1 MB
_making = threading.Lock()


class Failed(Exception):
    """The file cannot be made: it was tried often enough, and the log says why."""


@dataclass(frozen=True)
class Source:
    """All that a PDF is drawn from: a Typst template, its data, the moment written into the file (seconds since 1970), and
    whether it must keep PDF/UA where its letters allow."""

    template: str
    content: Mapping[str, object]
    made: int = 0
    accessible: bool = False

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def ask(source: Source, *, now: datetime) -> bytes | None:
    """The file, or None while it is being made: who asks first waits for it for a moment. Raises `Failed`.

    One query where it is there. A site without workers (settings.HAS_WORKERS) makes it here and now.
    """
    rows = PdfFile.objects.filter(digest=source.digest)
    found = rows.values("file", "tries", "asked").first()
    if found is None:
        row = PdfFile(digest=source.digest, source=asdict(source), asked=now)
        PdfFile.objects.bulk_create([row], ignore_conflicts=True)
        return _made_now(rows, now=now)
    if now - found["asked"] > NOTED:
        rows.update(asked=now)
    if found["file"] is None and found["tries"] >= TRIES:
        raise Failed
    return _bytes(found["file"])


def _made_now(rows: QuerySet[PdfFile], *, now: datetime) -> bytes | None:
    """Have a file made that nobody has asked for before, and wait for it for a moment."""
    if settings.HAS_WORKERS:
        transaction.on_commit(partial(wake_ups.wake, TASK), robust=True)
    else:
        make_due(now)
    file, end = rows.values_list("file", flat=True), time.monotonic() + WAIT
    while (found := file.first()) is None and settings.HAS_WORKERS and time.monotonic() < end:
        time.sleep(LOOK_EVERY)
    return _bytes(found)


def _bytes(column: Any) -> bytes | None:
    return None if column is None else bytes(column)


# --- the workers ----------------------------------------------------------------------------------
def waiting(now: datetime) -> QuerySet[PdfFile]:
    """The files that no worker is at: new ones, those whose worker was lost, and those that failed a while ago."""
    at_rest = Q(taken=None) | Q(taken__lte=now - LEASE)
    return PdfFile.objects.filter(at_rest, file=None, tries__lt=TRIES)


def make_due(now: datetime) -> int:
    """Make every file that waits; return how many were made. A process makes one at a time: who comes meanwhile leaves it
    to the thread that is at it, which goes on until nothing waits."""
    made = 0
    while waiting(now).exists():
        if not _making.acquire(blocking=False):
            break
        try:
            while (row := _claim(now)) is not None:
                made += _make(row)
        finally:
            _making.release()
    return made


@transaction.atomic
def _claim(now: datetime) -> PdfFile | None:
    """Take the file that was asked for first, and hold it for a while."""
    row = waiting(now).select_for_update(skip_locked=True).order_by("pk").first()
    if row is not None:
        PdfFile.objects.filter(pk=row.pk).update(taken=now, tries=F("tries") + 1)
    return row


def _make(row: PdfFile) -> bool:
    """Draw a file that was claimed; what fails is tried again after a pause."""
    from events.pdf import typst_drawing  # here, because web processes import this module

    try:
        drawn = typst_drawing.draw(Source(**row.source))
    except Exception:  # whatever the compiler says: the others are made all the same
        logger.exception("PDF file %s cannot be drawn", row.pk)
        return False
    PdfFile.objects.filter(pk=row.pk).update(file=drawn, source={})
    return True


def clear(now: datetime) -> int:
    """Delete the files that nobody asked for in a day, and those beyond the number that is kept; return how many."""
    kept = PdfFile.objects.filter(asked__gt=now - KEPT).order_by("-asked", "-pk").values_list("pk", flat=True)[:MOST]
    return PdfFile.objects.exclude(pk__in=list(kept)).delete()[0]
