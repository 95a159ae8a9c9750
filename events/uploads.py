"""Files that people upload: what they are is read from their bytes, never from their name."""

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext as _

DOCUMENT_LIMIT = 10 * 1024 * 1024
SIGNATURES = {b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}


def content_type_of(head: bytes) -> str | None:
    """Return pdf, png or jpeg for the first bytes of a file; None for anything else."""
    return next((kind for signature, kind in SIGNATURES.items() if head.startswith(signature)), None)


def validate_document(file: File) -> None:
    """Refuse `file-too-large` (over 10 MB) and `file-type` (no PDF, PNG or JPEG by its content)."""
    if file.size > DOCUMENT_LIMIT:
        raise ValidationError(_("The file is larger than 10 MB. Choose a smaller one"), code="file-too-large")
    file.seek(0)
    head = file.read(16)
    file.seek(0)
    if content_type_of(head) is None:
        raise ValidationError(_("The file is no PDF, PNG or JPEG. Choose another one"), code="file-type")
