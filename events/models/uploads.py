"""Files that people upload: what they are is read from their bytes, never from their name. Nothing is decoded in this
process."""

import logging
import secrets
import struct
import subprocess
import sys
from pathlib import Path, PurePath

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db.models import Model
from django.db.models.fields.files import FieldFile
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)

DOCUMENT_LIMIT = 10 * 1024 * 1024
IMAGE_LIMIT = 5 * 1024 * 1024
MOST_PIXELS = 50_000_000
MOST_SEGMENTS = 1_000  # before the frame of a JPEG: those for notes have 64 KB each
SIGNATURES = {b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
ENDINGS = frozenset({".pdf", ".png", ".jpg", ".jpeg"})
PAGES = (b"<html", b"<script", b"<svg", b"<!doctype", b"<?php")  # in the head of what is a page as well
READING = [sys.executable, "-I", str(Path(__file__).parent.with_name("pdf_reading.py"))]
LONGEST = 20.0  # seconds that reading a PDF may take


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


def _kind(file: File) -> str | None:
    file.seek(0)
    head = file.read(16)
    file.seek(0)
    return content_type_of(head)


def _is_stored(file: File) -> bool:
    """Whether a file lies in the storage already. It was checked when it came, and may have been lost since."""
    return isinstance(file, FieldFile) and file.closed


def validate_document(file: File) -> None:
    """Refuse `file-too-large` (over 10 MB), `file-type` (no PDF, PNG or JPEG by its content), and what `check_pdf` and
    `check_picture` refuse."""
    if _is_stored(file):
        return
    if file.size > DOCUMENT_LIMIT:
        raise ValidationError(_("The file is larger than 10 MB. Choose a smaller one"), code="file-too-large")
    kind = _kind(file)
    if kind is None:
        raise ValidationError(_("The file is no PDF, PNG or JPEG. Choose another one"), code="file-type")
    content = _content(file)
    if kind == "pdf":
        check_pdf(content)
    else:
        check_picture(content)


def validate_image(file: File, *, limit: int | None = None) -> None:
    """Refuse `file-too-large` (over 5 MB, or the `limit` in bytes), `file-type` (no PNG or JPEG by its content), and what
    `check_picture` refuses."""
    if _is_stored(file):
        return
    limit = limit or IMAGE_LIMIT
    if file.size > limit:
        words = _("The picture is larger than %(size)s MB. Choose a smaller one") % {"size": limit // 1024**2}
        raise ValidationError(words, code="file-too-large")
    if _kind(file) not in {"png", "jpeg"}:
        raise ValidationError(_("The picture is no PNG or JPEG. Choose another one"), code="file-type")
    check_picture(_content(file))


def _content(file: File) -> bytes:
    file.seek(0)
    content: bytes = file.read()
    file.seek(0)
    return content


# --- pictures -------------------------------------------------------------------------------------
def check_picture(content: bytes) -> None:
    """Refuse `file-broken` (a PNG or JPEG that does not say how large it is, or that is an archive or a PDF as well) and
    `too-many-pixels` (more than 50 million)."""
    width, height = _size_of_png(content) if content.startswith(b"\x89PNG") else _size_of_jpeg(content)
    if not width * height or _is_archive(content) or b"%PDF-" in content[:1024]:  # there readers look for it
        words = _("The picture is not whole, or it is something else as well. Save it again, and choose that file")
        raise ValidationError(words, code="file-broken")
    if width * height > MOST_PIXELS:
        values = {"number": width * height // 10**6, "most": MOST_PIXELS // 10**6}
        words = _("The picture has %(number)s megapixels. Save it smaller: it may have %(most)s")
        raise ValidationError(words % values, code="too-many-pixels")


def _size_of_png(content: bytes) -> tuple[int, int]:
    """Width and height as the head says; zeros where it does not."""
    if content[12:16] != b"IHDR" or len(content) < 24:
        return 0, 0
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _size_of_jpeg(content: bytes) -> tuple[int, int]:
    """Width and height as the first frame says; zeros where there is none before the picture itself, or not soon: cameras
    write some hundred segments before it at the most, and a file of ten million would hold up a process."""
    place = 2
    for _segment in range(MOST_SEGMENTS):
        if place + 9 > len(content) or content[place] != 0xFF:
            break
        mark = content[place + 1]
        if mark == 0xFF:  # filling
            place += 1
        elif 0xC0 <= mark <= 0xCF and mark not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        elif mark in {0xD9, 0xDA}:
            break
        else:
            place += 2 + int.from_bytes(content[place + 2 : place + 4])
    return 0, 0


def _is_archive(content: bytes) -> bool:
    """Whether a ZIP file ends where the file does: programs for Java and documents of office programs are such."""
    return b"PK\x05\x06" in content[-66_000:]


# --- PDF ------------------------------------------------------------------------------------------
def check_pdf(content: bytes) -> None:
    """Refuse a PDF that is not whole or is something else as well (`file-broken`), that is protected by a password and so cannot
    be read (`file-locked`), and that has a program, a form with a program or another file in it, opens something else than a
    page, leads elsewhere than to pages and addresses of the web and of mail, or is too much to read (`file-active`)."""
    code = _fault_of_pdf(content) if _is_whole(content) else "file-broken"
    if code == "file-broken":
        words = _("The PDF is not whole, or it is something else as well. Save it again as PDF, and choose that file")
        raise ValidationError(words, code=code)
    if code == "file-locked":
        words = _("The PDF is protected, so it cannot be checked. Save it without protection, and choose that file")
        raise ValidationError(words, code=code)
    if code:
        words = _("The PDF has a program or another file in it. Print it into a new PDF, and choose that one")
        raise ValidationError(words, code="file-active")


def _is_whole(content: bytes) -> bool:
    """Whether it ends as a PDF does, and is no page and no archive."""
    head, end = content[:1024].lower(), content.rstrip(b"\0 \t\r\n")[-1024:]
    return b"%%EOF" in end and not any(page in head for page in PAGES) and not _is_archive(content)


def _fault_of_pdf(content: bytes) -> str:
    """What a parser in a process of its own finds, in bounds of memory and time, so that no PDF can harm the site."""
    try:
        found = subprocess.run(READING, input=content, capture_output=True, check=True, timeout=LONGEST)  # noqa: S603
    except subprocess.SubprocessError as error:
        logger.warning("a PDF was not read: %s", error)
        return "file-active"
    return found.stdout.decode()
