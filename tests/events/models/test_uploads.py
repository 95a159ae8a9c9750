import re
import time

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from events.models import Document, uploads
from events.pdf import pdf_files
from tests.files import JPEG, PDF, PNG, packed_pdf, pdf, picture
from tests.refusals import refused

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

    monkeypatch.setattr(uploads, limit, 3000)

    assert [outcome(content) for content in good] == [0] * len(good)
    assert {outcome(content) for content in bad} == {"file-type"}
    assert (outcome(good[0].ljust(3000)), outcome(good[0].ljust(3001))) == (0, "file-too-large")
    monkeypatch.undo()
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


# --- what is in them --------------------------------------------------------------------------------
def document(content):
    return ContentFile(content, name="a.pdf")


RUNS = b"<</S/JavaScript/JS(app.alert(1))>>"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"MZ\x90\0" + PDF, "file-type"),
        (b"\x7fELF" + PDF, "file-type"),
        (b"PK\x03\x04" + PDF, "file-type"),
        (PDF.replace(b"1 0 obj", b"<ScRipt>canary()</script>\n1 0 obj", 1), "file-broken"),
        (PDF.replace(b"1 0 obj", b"<!DOCTYPE html>\n1 0 obj", 1), "file-broken"),
        (PDF + b"PK\x05\x06" + bytes(18), "file-broken"),
        (PDF.replace(b"%%EOF", b""), "file-broken"),
        (PDF.replace(b"\nxref", b"\n"), "file-broken"),
        (PDF.replace(b"startxref", b""), "file-broken"),
        (PDF + b"MZ" * 1000, "file-broken"),
        (PDF[:60], "file-broken"),
        (pdf(RUNS), "file-active"),
        (pdf(b"<</S/J#61va#53cript/JS(1)>>"), "file-active"),
        (pdf(b"<</S /Launch/F(calc.exe)>>"), "file-active"),
        (pdf(b"<</Type/EmbeddedFile/Length 2>>stream\nMZ\nendstream"), "file-active"),
        (pdf(b"<</Names<</EmbeddedFiles 8 0 R>>>>"), "file-active"),
        (packed_pdf(b"7 0 " + RUNS), "file-active"),
        (packed_pdf(b"7 0 " + RUNS, says=b""), "file-active"),
        (packed_pdf(b"7 0 <<>>", says=b"/Filter/LZWDecode"), "file-active"),
        (packed_pdf(b"7 0 <<>>", says=b"/Filter/FlateDecode/DecodeParms<</Predictor 15>>"), "file-active"),
        (packed_pdf(b"7 0 <<>>").replace(b"stream\n", b"stream\r", 1), "file-active"),  # not found, so not read
        (pdf(b"<</Filter/Standard>>").replace(b"/Root", b"/Encrypt 9 0 R/Root"), "file-locked"),
    ],
)
def test_a_pdf_that_is_a_program_or_has_one_in_it_is_refused(content, code):
    assert refused(uploads.validate_document, document(content)) == code


def test_a_pdf_that_unpacks_to_too_much_is_refused(monkeypatch):
    bomb = document(packed_pdf(bytes(100_000)))
    uploads.validate_document(bomb)
    monkeypatch.setattr(uploads, "MOST_UNPACKED", 99_999)

    assert refused(uploads.validate_document, bomb) == "file-active"


def test_a_pdf_made_to_be_slow_is_read_as_fast_as_others():
    """Streams that never end: to look for the end of each again would take hours for 10 MB, and stop the process meanwhile."""

    def seconds(streams):
        slow = document(pdf(b"<</Type/ObjStm>>" + b"stream\n" * streams))
        began = time.process_time()
        assert refused(uploads.validate_document, slow) == "file-active"
        return time.process_time() - began

    short, long = (min(seconds(streams) for _try in range(3)) for streams in (20_000, 160_000))

    assert long < 30 * short, "eight times as many take eight times as long, and not 64 times"


def test_pdf_files_as_programs_write_them_are_taken():
    """With packed objects and without, with an empty line after the end, and what our own compiler draws."""
    drawn = pdf_files.draw(pdf_files.Source("= Letter\n#pagebreak()\nText", content={}))

    for content in (PDF, PDF + b"\r\n\0\0", packed_pdf(b"7 0 <<>>"), packed_pdf(b"7 0 <<>>", says=b""), drawn):
        uploads.validate_document(document(content))


def test_pictures_are_measured_without_being_decoded():
    """A picture of 100 megapixels has a few bytes; what does not say its size, or is an archive too, is no picture."""
    large = {kind: picture(kind, size=(10_000, 10_000)) for kind in ("PNG", "JPEG")}
    fitting = picture("JPEG", size=(5000, 10_000), progressive=True, comment=b"\xff" * 50)
    broken = [
        PNG[:20],
        JPEG[:4],
        b"\xff\xd8\xff\xd9" + bytes(20),
        PNG + b"PK\x05\x06" + bytes(18),
        b"\x89PNG\r\n\x1a\n",
        JPEG[:2] + b"\xff" * 5_000 + JPEG[2:],
        JPEG[:2] + b"\xff\xe1\0\2" * 5_000 + JPEG[2:],
    ]

    for validate in (uploads.validate_document, uploads.validate_image):
        assert {refused(validate, document(content)) for content in large.values()} == {"too-many-pixels"}
        assert {refused(validate, document(content)) for content in broken} == {"file-broken"}
        validate(document(fitting))
