import re

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from events.models import Document, uploads

PDF, PNG, JPEG = b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff4567"
HTML, SVG = b"<script>alert(1)</script>", b"<svg xmlns='http://www.w3.org/2000/svg'/>"


@pytest.mark.parametrize(
    ("head", "kind"),
    [(PDF, "pdf"), (PNG, "png"), (JPEG, "jpeg"), (b"GIF89a", None), (HTML, None), (b" %PDF-1.7", None), (b"", None)],
)
def test_content_decides(head, kind):
    assert uploads.content_type_of(head) == kind


@pytest.mark.parametrize(
    ("validate", "limit", "good", "bad"),
    [
        (uploads.validate_document, "DOCUMENT_LIMIT", [PDF, PNG], [HTML, b""]),
        (uploads.validate_image, "IMAGE_LIMIT", [PNG, JPEG], [PDF, SVG, b"GIF89a", b""]),
    ],
)
def test_file_is_taken_and_rewound_or_refused(monkeypatch, validate, limit, good, bad):
    def outcome(content):
        file = ContentFile(content, name="a.pdf")  # the name does not help
        try:
            validate(file)
        except ValidationError as refusal:
            return refusal.code
        return file.tell()

    monkeypatch.setattr(uploads, limit, 10)

    assert [outcome(content) for content in good] == [0] * len(good)
    assert {outcome(content) for content in bad if len(content) <= 10} == {"file-type"}
    assert (outcome(good[0].ljust(10)), outcome(good[0].ljust(11))) == (0, "file-too-large")
    monkeypatch.undo()
    assert {outcome(content) for content in bad} == {"file-type"}
    validate(Document(file="documents/lost.pdf").file)  # stored once, and lost since: not asked for


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
