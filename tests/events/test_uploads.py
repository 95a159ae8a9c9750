import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from events import uploads


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7", "pdf"),
        (b"\x89PNG\r\n\x1a\n....", "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"GIF89a", None),
        (b"<html><script>", None),
        (b" %PDF-1.7", None),
        (b"", None),
    ],
)
def test_content_decides(head, kind):
    assert uploads.content_type_of(head) == kind


def test_document_is_taken_and_rewound():
    file = ContentFile(b"%PDF-1.7 text", name="a.pdf")

    uploads.validate_document(file)

    assert file.tell() == 0


def test_name_does_not_help():
    with pytest.raises(ValidationError) as refusal:
        uploads.validate_document(ContentFile(b"<script>alert(1)</script>", name="a.pdf"))

    assert refusal.value.code == "file-type"


def test_large_file_is_refused(monkeypatch):
    monkeypatch.setattr(uploads, "DOCUMENT_LIMIT", 10)

    uploads.validate_document(ContentFile(b"%PDF-1.710"))
    with pytest.raises(ValidationError) as refusal:
        uploads.validate_document(ContentFile(b"%PDF-1.7101"))

    assert refusal.value.code == "file-too-large"
