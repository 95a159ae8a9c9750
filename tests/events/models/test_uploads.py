import re

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from events.models import Document, uploads


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


def test_image_is_taken_and_rewound():
    file = ContentFile(b"\x89PNG\r\n\x1a\n....", name="a.png")

    uploads.validate_image(file)

    assert file.tell() == 0


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b""])
def test_image_is_a_png_or_jpeg(content):
    with pytest.raises(ValidationError) as refusal:
        uploads.validate_image(ContentFile(content, name="a.png"))

    assert refusal.value.code == "file-type"


def test_large_image_is_refused(monkeypatch):
    monkeypatch.setattr(uploads, "IMAGE_LIMIT", 10)

    uploads.validate_image(ContentFile(b"\xff\xd8\xff3456789"))
    with pytest.raises(ValidationError) as refusal:
        uploads.validate_image(ContentFile(b"\xff\xd8\xff34567890"))

    assert refusal.value.code == "file-too-large"


@pytest.mark.parametrize("validate", [uploads.validate_document, uploads.validate_image])
def test_stored_file_that_was_lost_is_not_asked_for(validate):
    validate(Document(file="documents/lost.pdf").file)


@pytest.mark.parametrize(
    ("filename", "ending"),
    [
        ("Paper.PDF", ".pdf"),
        ("me.jpeg", ".jpeg"),
        ("page.html", ""),
        ("a.pdf.svg", ""),
        ("../../x.png", ".png"),
        ("", ""),
    ],
)
def test_name_is_random(filename, ending):
    names = {uploads.RandomName("documents")(Document(), filename) for _number in range(3)}

    assert len(names) == 3
    assert {bool(re.fullmatch(rf"documents/[\w-]{{22}}{ending}", name)) for name in names} == {True}
