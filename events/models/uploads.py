"""Files that people upload: what they are is read from their bytes, never from their name."""

import secrets
from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db.models import Model
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext as _

DOCUMENT_LIMIT = 10 * 1024 * 1024
IMAGE_LIMIT = 5 * 1024 * 1024
SIGNATURES = {b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
ENDINGS = frozenset({".pdf", ".png", ".jpg", ".jpeg"})


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
    return bool(getattr(file, "_committed", False))


def validate_document(file: File) -> None:
    """Refuse `file-too-large` (over 10 MB) and `file-type` (no PDF, PNG or JPEG by its content)."""
    if _is_stored(file):
        return
    if file.size > DOCUMENT_LIMIT:
        raise ValidationError(_("The file is larger than 10 MB. Choose a smaller one"), code="file-too-large")
    if _kind(file) is None:
        raise ValidationError(_("The file is no PDF, PNG or JPEG. Choose another one"), code="file-type")


def validate_image(file: File) -> None:
    """Refuse `file-too-large` (over 5 MB) and `file-type` (no PNG or JPEG by its content)."""
    if _is_stored(file):
        return
    if file.size > IMAGE_LIMIT:
        raise ValidationError(_("The picture is larger than 5 MB. Choose a smaller one"), code="file-too-large")
    if _kind(file) not in {"png", "jpeg"}:
        raise ValidationError(_("The picture is no PNG or JPEG. Choose another one"), code="file-type")
