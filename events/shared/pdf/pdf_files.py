"""PDF files, made by the workers and kept as rows, so that every web process finds them, after a restart too.

What is drawn is in the row that asks for it, and its digest is the row's name: a file is made once for all who ask for the
same content, and another content is another file. So nothing is ever out of date, and what nobody asks for any more goes
after a day. Drawing takes a core for seconds and some 100 MB, which Typst never gives back: a process of its own does it for
each file (events.shared.pdf.typst_drawing), and its memory goes with it.
"""

import hashlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from events.models import PdfFile
from events.shared.broker import wake_ups
from events.shared.jobs.queue import JobQueue

TASK = "events.tasks.make_pdf_files"
DRAWING = [sys.executable, "-P", str(Path(__file__).with_name("typst_drawing.py"))]
PIXELS = 220  # for an inch of a picture
LONGEST = 45.0  # seconds that drawing may take: fewer than its lease has
FAILED_FOR = timedelta(hours=1)  # what was given up stays so: a new version may draw what the old one could not
KEPT = timedelta(days=1)  # since somebody asked for it last
NOTED = timedelta(hours=1)  # how exactly that is known
MOST = 500  # files that are kept; those asked for last stay. The programme of 1,000 sessions has about 1 MB
LARGE = 200_000  # bytes: a connection that has read so many ends with its request
State = PdfFile.State
_making = threading.Lock()


class Failed(Exception):
    """The file cannot be made: it was tried often enough, and the log says why."""


class Undrawable(Exception):
    """Drawing failed, for the reason that the compiler gives, or took too long."""


@dataclass(frozen=True)
class PdfSource:
    """All that a PDF is drawn from: a Typst template, its data (large ones as JSON), the moment written into the file (seconds since
    1970), and whether it must keep PDF/UA where its letters allow."""

    template: str
    content: Mapping[str, object] | str
    made: int = 0
    accessible: bool = False

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def ask(source: PdfSource, *, now: datetime) -> bytes | None:
    """The file, or None while it is being made. Raises `Failed`.

    One query where it is there. A site without workers (settings.HAS_WORKERS) makes it here and now.
    """
    rows = PdfFile.objects.filter(digest=source.digest).values("file", "state", "asked")
    found = rows.first()
    if found is None:
        row = PdfFile(digest=source.digest, source=asdict(source), asked=now, due=now)
        PdfFile.objects.bulk_create([row], ignore_conflicts=True)
        transaction.on_commit(partial(wake_ups.wake, TASK), robust=True)
    elif now - found["asked"] > NOTED:
        rows.update(asked=now)
    if not settings.HAS_WORKERS and (found is None or found["file"] is None):
        make_due(now)
        found = rows.first()
    file = found["file"] if found else None
    if found and file is None and found["state"] == State.FAILED:
        raise Failed
    if file is not None and len(file) > LARGE:
        connection.close_at = time.monotonic()  # else it holds memory for twice as much for as long as it lasts
    return bytes(file) if file is not None else None


def draw(source: PdfSource, *, longest: float = 0) -> bytes:
    """A tagged PDF: the same source gives the same bytes. `longest`: seconds, else `LONGEST`. Raises `Undrawable`."""
    content = source.content if isinstance(source.content, str) else json.dumps(source.content)
    form = json.dumps({"template": source.template, "made": source.made, "accessible": source.accessible})
    return drawn_by([*DRAWING, form], content, longest=longest or LONGEST)


def pictures(template: str, content: str, *, longest: float) -> str:
    """The pages of a Typst template as PNG files: JSON, a list of texts in base64. Raises `Undrawable`."""
    form = json.dumps({"template": template, "made": 0, "accessible": False, "pixels": PIXELS})
    return drawn_by([*DRAWING, form], content, longest=longest).decode()


def drawn_by(program: Sequence[str], data: str, *, longest: float) -> bytes:
    """What a program makes of the JSON that it reads, in `longest` seconds at the most. Raises `Undrawable`."""
    try:
        with TemporaryFile() as given:  # in no memory of ours while the program has its own
            given.write(data.encode())
            given.seek(0)
            drawn = subprocess.run(program, stdin=given, capture_output=True, check=True, timeout=longest)  # noqa: S603
    except subprocess.CalledProcessError as error:
        raise Undrawable(f"{error}\n{error.stderr.decode(errors='replace')}") from None
    except subprocess.TimeoutExpired:
        raise Undrawable(f"not drawn in {longest} s") from None
    return drawn.stdout


# --- the workers ----------------------------------------------------------------------------------
def _make(row: PdfFile, *, now: datetime) -> dict[str, Any]:
    return {"file": draw(PdfSource(**row.source)), "source": {}}


FILES = JobQueue(PdfFile, _make, is_whole=False)


def make_due(now: datetime) -> int:
    """Make every file that waits; return how many were made. A process makes one at a time: whoever comes second leaves it
    to the thread that is at it, which goes on until nothing waits."""
    if not _making.acquire(blocking=False):
        return 0
    try:
        return FILES.run(now)
    finally:
        _making.release()


def clear(now: datetime) -> int:
    """Delete the files that nobody asked for in a day, those beyond the number that is kept, and those that failed a while
    ago: whoever asks for one of these then has it tried again. Returns how many were deleted."""
    wanted = PdfFile.objects.filter(asked__gt=now - KEPT)
    wanted = wanted.exclude(state=State.FAILED, due__lte=now - FAILED_FOR)
    kept = wanted.order_by("-asked", "-pk").values_list("pk", flat=True)[:MOST]
    return PdfFile.objects.exclude(pk__in=list(kept)).delete()[0]
