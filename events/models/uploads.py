"""Files that people upload: what they are is read from their bytes, never from their name, and what is stored is what was read.
Nothing is decoded in this process, but by programs of their own, in bounds of memory and time, so that no file can harm the
site."""

import logging
import secrets
import subprocess
import sys
from pathlib import Path, PurePath
from weakref import WeakKeyDictionary

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db.models import Model
from django.db.models.fields.files import FieldFile
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)

DOCUMENT_LIMIT = 10 * 1024 * 1024
IMAGE_LIMIT = 5 * 1024 * 1024
SIGNATURES = {b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
ENDINGS = frozenset({".pdf", ".png", ".jpg", ".jpeg"})
PAGES = (b"<html", b"<script", b"<svg", b"<!doctype", b"<?php", b"%pdf-")  # in the head of what is more
READERS = Path(__file__).parents[1] / "shared/upload_readers"
LONGEST = 20.0  # seconds that reading a file may take

_read: WeakKeyDictionary[File, bytes] = WeakKeyDictionary()


@deconstructible
class RandomName:
    """Names uploaded files: a folder, a name that nobody can guess, and an ending for those who look into the folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, instance: Model, filename: str) -> str:
        ending = PurePath(filename).suffix.lower()
        return f"{self.folder}/{secrets.token_urlsafe(16)}{ending if ending in ENDINGS else ''}"


def content_type_of(head: bytes) -> str | None:
    """Return pdf, png or jpeg for the first bytes of a file; None for anything else."""
    return next((kind for signature, kind in SIGNATURES.items() if head.startswith(signature)), None)


def _is_stored(file: File) -> bool:
    """Whether a file lies in the storage already. It was checked when it came, and may have been lost since."""
    return isinstance(file, FieldFile) and file.closed


def validate_document(file: File) -> None:
    """Refuse `file-too-large` (over 10 MB), and what `read` refuses."""
    if _is_stored(file):
        return
    if file.size > DOCUMENT_LIMIT:
        raise ValidationError(_("The file is larger than 10 MB. Choose a smaller one"), code="file-too-large")
    read(file)


def validate_image(file: File, *, limit: int | None = None) -> None:
    """Refuse `file-too-large` (over 5 MB, or the `limit` in bytes), `file-type` (no PNG or JPEG by its content), and what
    `read` refuses."""
    if _is_stored(file):
        return
    limit = limit or IMAGE_LIMIT
    if file.size > limit:
        words = _("The picture is larger than %(size)s MB. Choose a smaller one") % {"size": limit // 1024**2}
        raise ValidationError(words, code="file-too-large")
    if content_type_of(_content(file)) not in {"png", "jpeg"}:
        raise ValidationError(_("The picture is no PNG or JPEG. Choose another one"), code="file-type")
    read(file)


def _content(file: File) -> bytes:
    file.seek(0)
    content: bytes = file.read()
    file.seek(0)
    return content


def read(file: File) -> bytes:
    """A file as the reader that judged it wrote it again, which is what is stored (`columns.UploadColumn`): the pages of a PDF
    as they stand now, the pixels of a picture. Read once while the file is in hand.

    Refuses `file-type` (no PDF, PNG or JPEG by its content); `file-broken` (not whole, or something else as well);
    `file-locked` (protected, so it cannot be read); `file-active` (a PDF with a program, a form with one or another file in
    it, that opens something else than a page, leads elsewhere than to pages and addresses of the web and of mail, or is too
    much to read); `file-noted` (a PDF with a photograph from which its notes cannot be taken); `too-many-pixels` (more than 50 million)."""
    own: File = file.file if isinstance(file, FieldFile) else file
    if own not in _read:
        _read[own] = _written_again(_content(own))
    return _read[own]


def _written_again(content: bytes) -> bytes:
    kind = content_type_of(content)
    if kind is None:
        raise ValidationError(_("The file is no PDF, PNG or JPEG. Choose another one"), code="file-type")
    program = [sys.executable, "-I", str(READERS / ("pdf_reading.py" if kind == "pdf" else "picture_reading.py"))]
    try:
        said = subprocess.run(program, input=content, capture_output=True, check=True, timeout=LONGEST).stdout  # noqa: S603
    except subprocess.SubprocessError as error:
        logger.warning("a file was not read: %s", error)
        said = b"file-active" if kind == "pdf" else b"file-broken"
    if content_type_of(said) != kind:
        raise _refusal(kind, *said.decode().split())
    if _is_more(said):
        raise _refusal(kind, "file-broken")
    return said


def _is_more(content: bytes) -> bool:
    """Whether it is a page or another PDF too, as readers look for them, or a ZIP file ends where it does: programs for Java and
    documents of office programs are such."""
    head = content[1:1024].lower()
    return any(sign in head for sign in PAGES) or b"PK\x05\x06" in content[-66_000:]


def _refusal(kind: str, code: str, number: str = "", most: str = "") -> ValidationError:
    if code == "too-many-pixels":
        words = _("The picture has %(number)s megapixels. Save it smaller: it may have %(most)s")
        return ValidationError(words % {"number": number, "most": most}, code=code)
    if code == "file-locked":
        words = _("The PDF is protected, so it cannot be checked. Save it without protection, and choose that file")
    elif code == "file-active":
        words = _("The PDF has a program or another file in it. Print it into a new PDF, and choose that one")
    elif code == "file-noted":
        words = _(
            "A photograph in the PDF may say where it was taken, and this cannot be taken out. Print it into a new PDF, and choose that one"
        )
    elif kind == "pdf":
        words = _("The PDF is not whole, or it is something else as well. Save it again as PDF, and choose that file")
    else:
        words = _("The picture is not whole, or it is something else as well. Save it again, and choose that file")
    return ValidationError(words, code=code)
