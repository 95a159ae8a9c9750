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


# What does more than to show pages; each as a file may write it.
DOES_MORE = [
    b"<</AcroForm<</XFA 8 0 R>>>>",
    b"<</S/Rendition/JS(1)>>",
    b"<</JS 8 0 R>>",
    b"<</S/GoToR/F(other.pdf)>>",
    b"<</S/GoToE/T 8 0 R>>",
    b"<</S/SubmitForm/F(https://evil.example/)>>",
    b"<</S/ImportData/F(data.fdf)>>",
    b"<</S/Rendition/R 8 0 R>>",
    b"<</Type/Filespec/EF<</F 8 0 R>>>>",
    b"<</AA<</O<</S/URI/URI(https://evil.example/)>>>>>>",
    b"<</OpenAction<</S/URI/URI(https://evil.example/)>>>>",
    b"<</OpenAction<</S/GoTo/D[3 0 R]/Next<</S/URI>>>>>>",
    b"<</OpenAction 8 0 R>>",
    b"<</OpenAction 1 0 R>>",
]


def written(one):
    """Plainly, with the second letter of each name escaped, in a packed object, and where a stream seems to be."""
    escaped = re.sub(rb"/(\w)(\w)", lambda name: b"/%s#%02x" % (name[1], name[2][0]), one)
    hidden = b"<</Length 900>>stream\n7 0 obj\n" + one + b"\nendobj\nendstream"
    seems = [hidden] if b"OpenAction" not in one else []
    return [pdf(one), pdf(escaped), packed_pdf(b"7 0 " + one), packed_pdf(b"7 0 " + escaped), *map(pdf, seems)]


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
        *((content, "file-active") for one in DOES_MORE for content in written(one)),
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


@pytest.mark.parametrize(
    "one",
    [
        b"<</OpenAction[3 0 R/XYZ null null 0]>>",  # LibreOffice
        b"<</OpenAction<</S/GoTo/D[3 0 R/Fit]>>>>",
        b"<</OpenAction 8 0 R>>\nendobj\n8 0 obj\n<</S/GoTo/D[3 0 R/Fit]>>",  # LaTeX
        b"<</OpenAction 8 0 R>>\nendobj\n8 0 obj\n[3 0 R/Fit]",
        b"<</OpenAction(start)>>",
        b"<</Type/Annot/Subtype/Link/A<</Type/Action/S/URI/URI(https://www.itu.int/)>>>>",
        b"<</Font<</AAB 4 0 R/EF1 5 0 R>>/JSON 6 0 R/AA.b 7 0 R>>",
    ],
)
def test_links_and_a_first_page_are_no_programs(one):
    uploads.validate_document(document(pdf(one)))
    uploads.validate_document(
        document(packed_pdf(b"7 0 " + one.partition(b"\nendobj")[0]) if b"8 0" not in one else PDF)
    )


def test_first_page_may_stand_in_a_packed_object():
    objects = b"7 0 8 24 <</OpenAction 8 0 R  >><</S/GoTo/D[3 0 R/Fit]>>"
    packed = packed_pdf(objects).replace(b"/First 4", b"/First 9")

    uploads.validate_document(document(packed))


def test_pixels_that_look_like_a_name_are_none():
    pixels = b"\xff\x01\xfe" * 20
    picture_in_it = (
        b"<</Length 200>>stream\n" + pixels + b"/AA " + pixels + b"/JS(" + pixels + b"/EF<" + pixels + b"\nendstream"
    )

    uploads.validate_document(document(pdf(picture_in_it)))


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
