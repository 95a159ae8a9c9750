import base64
import io
import re
import subprocess
import sys
import zlib

import pikepdf
import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from PIL import Image

from events.models import Document, uploads
from events.shared.pdf import pdf_files
from events.shared.upload_readers import pdf_reading
from tests.files import JPEG, PDF, PNG, packed_pdf, pdf, picture, stream
from tests.refusals import refused

HTML, SVG = b"<script>alert(1)</script>", b"<svg xmlns='http://www.w3.org/2000/svg'/>"


URI = b"<</S/URI/URI(https://evil.example/)>>"
SCRIPT = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
LINK = b"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A%s>>]"
# What does more than to show pages; each as a file may write it.
DOES_MORE = [
    SCRIPT,
    b"<</JS 8 0 R>>",
    b"<</AcroForm<</XFA 8 0 R>>>>",
    b"<</S/Launch/F(calc.exe)>>",
    b"<</S/GoToR/F(other.pdf)>>",
    b"<</A<</S/GoTo/F(other.pdf)/D[0/Fit]>>>>",
    b"<</OpenAction<</S/GoTo/F(other.pdf)/D[0/Fit]>>>>",
    b"<</A[<</S/URI/URI(https://example.org)/F(other.pdf)>>]>>",
    b"<</S/GoToE/T 8 0 R>>",
    b"<</S/SubmitForm/F(https://evil.example/)>>",
    b"<</S/ImportData/F(data.fdf)>>",
    b"<</S/Rendition/R 8 0 R>>",
    b"<</Subtype/FileAttachment>>",
    b"<</Type/Filespec/EF<</F 8 0 R>>>>",
    b"<</Names<</EmbeddedFiles 8 0 R>>>>",
    b"[[<</AA<</O<</S/URI/URI(https://evil.example/)>>>>>>]]",
    b"<</A<</S/Thread/F(other.pdf)/D 0>>>>",
    b"<</A[<</S/GoTo/D[3 0 R]/Next[<</S/Named/N/Print>>]>>]>>",
    b"<</A<</S/URI/URI( javascript:alert)>>>>",
    b"<</A<</S/URI/URI 8 0 R>>>>",
    b"<</PA<</S/URI/URI(file:///etc/passwd)>>>>",
    b"<</Subtype/Form/Ref<</F(other.pdf)/Page 0>>>>",
    b"<</Subtype/Image/OPI<</2.0<</Type/OPI/Version 2.0/F(other.tif)>>>>>>",
    b"<</OpenAction<</S/GoTo/D[3 0 R]/Next<</S/URI>>>>>>",
    b"<</OpenAction" + URI + b">>",
    b"<</OpenAction 1 0 R>>",
    b"<</A[[<</S/Thread/F(other.pdf)/D 0>>]]>>",
    b"<</A<</S/GoTo/D[3 0 R]/Next[[0[<</S/Named/N/Print>>]]]>>>>",
]
# As somebody wrote them who wanted them to be taken: what is active stands where, or as, a search for words does not find it.
DISGUISED = {
    "in a packed stream that does not say it is one": packed_pdf(SCRIPT, catalog=b"/Names<</Dests 6 0 R>>", kind=b""),
    "a comment says GoTo": pdf(b"<<%/S/GoTo \n" + URI[2:], catalog=b"/OpenAction 4 0 R"),
    "two kinds": pdf(catalog=b"/OpenAction<</S/GoTo" + URI[2:]),
    "another object of that number": pdf(URI + b"\nendobj\n4%\n0 obj\n<<>>", catalog=b"/OpenAction 4 0 R"),
    "prints": pdf(catalog=b"/OpenAction<</S/GoTo/D(x>>)/Next<</S/Named/N/Print>>>>"),
    "3D with a program": pdf(
        stream(b"U3D\0", b"/Type/3D/Subtype/U3D/OnInstantiate 5 0 R"), stream(b"console.println(1)")
    ),
    "3D": pdf(page=b"/Annots[<</Subtype/3D/Rect[0 0 9 9]/3DD 5 0 R/3DA<</A/PO>>>>]"),
    "rich media": pdf(page=LINK % b"<</S/RichMediaExecute/CMD<</C(x)>>>>"),
    "a film": pdf(page=b"/Annots[<</Subtype/Movie/Movie<</F<</FS/URL/F(https://evil.example/a.avi)>>>>/A true>>]"),
    "a thread of another file": pdf(page=LINK % b"<</S/Thread/F(other.pdf)/D 0>>"),
    "bytes from elsewhere": pdf(stream(b"", b"/F<</FS/URL/F(https://evil.example/x)>>"), page=b"/Contents 4 0 R"),
    "a file between streams": pdf(b"(\xff stream\n\xff)", b"<</Type/Filespec%\xff\n/EF%\xff\n<</F 6 0 R>>>>%endstream"),
    "a link that is a stream": pdf(stream(b"", b"/S/URI/URI(file://evil.example/x)"), page=LINK % b" 4 0 R"),
    "a print that is a stream": pdf(stream(b"", b"/S/Named/N/Print"), page=LINK % b"[[4 0 R]]"),
}


def written(one):
    """Plainly, with the second letter of each name escaped, and each in a packed object."""
    escaped = re.sub(rb"/(\w)(\w)", lambda name: b"/%s#%02x" % (name[1], name[2][0]), one)
    return [make(text) for make in (pdf, packed_pdf) for text in (one, escaped)]


@pytest.mark.parametrize(
    ("head", "kind"),
    [(PDF, "pdf"), (PNG, "png"), (JPEG, "jpeg"), (b"GIF89a", None), (HTML, None), (b" %PDF-1.7", None), (b"", None)],
)
def test_content_decides(head, kind):
    assert uploads.content_type_of(head) == kind


@pytest.mark.parametrize(
    ("validate", "limit", "good", "bad"),
    [
        (uploads.validate_document, "DOCUMENT_LIMIT", [PNG, PDF], [HTML, b""]),
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


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"MZ\x90\0" + PDF, "file-type"),
        (b"\x7fELF" + PDF, "file-type"),
        (b"PK\x03\x04" + PDF, "file-type"),
        (PDF.replace(b"1 0 obj", b"<ScRipt>canary()</script>\n1 0 obj", 1), "file-broken"),
        (PDF.replace(b"1 0 obj", b"<!DOCTYPE html>\n1 0 obj", 1), "file-broken"),
        (PDF.replace(b"\nxref", b"\n"), "file-broken"),
        (PDF.replace(b"startxref", b""), "file-broken"),
        (PDF + b"MZ" * 1000, "file-broken"),
        (PDF[:60], "file-broken"),
        (pdf(b"<</X 1/X 2>>"), "file-broken"),  # readers differ in which they take
        (pdf(b"[" * 600 + b"]" * 600), "file-broken"),
        (pdf(SCRIPT), "file-active"),
        (DISGUISED["two kinds"], "file-active"),
    ],
)
def test_a_pdf_that_is_a_program_or_has_one_in_it_is_refused(content, code):
    assert refused(uploads.validate_document, document(content)) == code


def test_a_pdf_of_a_megabyte_that_is_unpacked_to_a_thousand_is_refused():
    """It takes seconds to pack: here, and not where each process collects the tests."""
    assert refused(uploads.validate_document, document(packed_pdf(b"(", megabytes=1024))) == "file-broken"


@pytest.mark.parametrize("content", DISGUISED.values(), ids=DISGUISED)
def test_disguised_program_is_found(content):
    """In this process: a refusal says what is found in one of its own, as above."""
    assert pdf_reading.read(content) == b"file-active"


@pytest.mark.parametrize("one", DOES_MORE)
def test_what_does_more_than_to_show_pages_is_found_however_it_is_written(one):
    assert [pdf_reading.read(content) for content in written(one)] == [b"file-active"] * 4


@pytest.mark.parametrize("password", ["", "secret"])
def test_a_protected_pdf_is_refused(password):
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(PDF)) as whole:
        whole.save(file, encryption=pikepdf.Encryption(owner="owner", user=password))

    assert refused(uploads.validate_document, document(file.getvalue())) == "file-locked"


def test_a_pdf_that_takes_too_long_to_read_is_refused(monkeypatch):
    uploads.validate_document(document(PDF))
    monkeypatch.setattr(uploads, "LONGEST", 0.001)

    assert refused(uploads.validate_document, document(PDF)) == "file-active"


def test_the_site_itself_never_loads_the_parser():
    program = (
        "import django, sys; django.setup(); import events.models.uploads; print({'pikepdf', 'PIL'} & {*sys.modules})"
    )

    said = subprocess.check_output([sys.executable, "-c", program], cwd=settings.BASE_DIR, text=True)

    assert said.strip() == "set()"


def test_pdf_files_as_programs_write_them_are_taken():
    """With packed objects and without, with an empty line after the end, and what our own compiler draws; the first page in an object
    of its own, as LaTeX writes it; pixels that look like a name."""
    drawn = pdf_files.draw(pdf_files.PdfSource('= Letter\n#pagebreak()\n#link("https://www.itu.int")', content={}))
    latex = pdf(b"<</S/GoTo/D[3 0 R/Fit]>>", catalog=b"/OpenAction 4 0 R")
    pixels = pdf(stream(b"\xff\x01\xfe /AA<< /JS( /EF< " * 20))

    for content in (PDF, PDF + b"\r\n\0\0", packed_pdf(b"<<>>"), drawn, latex, pixels):
        uploads.validate_document(document(content))


@pytest.mark.parametrize(
    "one",
    [
        b"<</OpenAction[3 0 R/XYZ null null 0]>>",  # LibreOffice
        b"<</OpenAction<</S/GoTo/D[3 0 R/Fit]>>>>",
        b"<</OpenAction 8 0 R>>",
        b"<</OpenAction(start)>>",
        b"<</Type/Annot/Subtype/Link/A<</Type/Action/S/URI/URI(https://www.itu.int/)>>>>",
        b"<</Type/Annot/Subtype/Link/F 4/A<</S/URI/URI(MailTo:a@example.org)>>>>",
        b"<</A<</S/Named/N/NextPage>>>>",
        b"<</Title(1)/Next<</Title(2)/A<</S/GoTo/D(x)>>>>>>",  # an outline
        b"<</S/P/P 3 0 R/A[<</O/Layout/Placement/Block>> 0]>>",  # a tagged text
        b"<</Font<</AAB 4 0 R/EF1 5 0 R>>/JSON 6 0 R/AA.b 7 0 R>>",
        b"(/JS /Launch) %/AA\n",
    ],
)
def test_links_and_a_first_page_are_no_programs(one):
    assert [pdf_reading.read(content)[:5] for content in (pdf(one), packed_pdf(one))] == [b"%PDF-"] * 2


def test_large_and_broken_pictures_are_refused():
    """A picture of 100 megapixels has a few bytes."""
    large = {kind: picture(kind, size=(10_000, 10_000)) for kind in ("PNG", "JPEG")}
    fitting = picture("JPEG", size=(5000, 10_000))
    broken = [PNG[:20], PNG[:-30], JPEG[:4], JPEG[:-30], PNG[:33] + PDF[:500]]

    assert {refused(uploads.validate_image, document(content)) for content in large.values()} == {"too-many-pixels"}
    assert {refused(uploads.validate_image, document(content)) for content in broken} == {"file-broken"}
    uploads.validate_image(document(fitting))


@pytest.mark.parametrize(
    ("content", "sign"),
    [
        (pdf(catalog=b"%<svg onload=canary()>\n"), b"<svg"),
        (PDF + b"PK\x05\x06" + bytes(18), b"PK"),
        (PNG + b"PK\x05\x06" + bytes(18), b"PK"),
        (picture("JPEG", comment=PDF), b"%PDF-"),
    ],
)
def test_what_a_file_is_besides_is_not_stored(content, sign):
    assert sign in content
    assert sign not in uploads.read(document(content))


EXIF = Image.Exif()
EXIF[0x010E] = "CANARY"


def noted(kind="JPEG"):
    """A photograph that says who took it, in every place of its kind."""
    image, file = Image.new("RGB", (40, 40), "red"), io.BytesIO()
    image.save(file, kind, **({"exif": EXIF, "comment": b"CANARY"} if kind == "JPEG" else {}))
    return file.getvalue() + (b"" if kind == "JPEG" else (14).to_bytes(4) + b"xml CANARY")


SHOT, EMPTY, SCANS = noted(), *(picture("JPEG", size=(40, 40), colour="red", progressive=way) for way in (False, True))
LAST_SCAN = SCANS.rindex(b"\xff\xda")


@pytest.mark.parametrize(
    ("content", "filters"),
    [
        (SHOT, "/DCTDecode"),
        (base64.a85encode(SHOT) + b"~>", "/ASCII85Decode /DCTDecode"),
        (SHOT.hex().encode() + b">", "/ASCIIHexDecode /DCTDecode"),
        (zlib.compress(base64.a85encode(SHOT) + b"~>"), "/FlateDecode /ASCII85Decode /DCTDecode"),
        (zlib.compress(SHOT), "/FlateDecode /DCTDecode"),
        (SHOT[:2] + b"\xff" + SHOT[2:], "/DCTDecode"),
        (EMPTY + SHOT, "/DCTDecode"),
        (SCANS[:LAST_SCAN] + b"\xff\xfe\0\x08CANARY" + SCANS[LAST_SCAN:], "/DCTDecode"),
        (EMPTY[:2] + b"\xff\xe2\0\x0eMPF\0__CANARY" + EMPTY[2:], "/DCTDecode"),
        (noted("JPEG2000"), "/JPXDecode"),
        (zlib.compress(noted("JPEG2000")), "/FlateDecode /JPXDecode"),
    ],
)
def test_notes_of_a_photograph_go_however_it_is_packed_and_its_pixels_stay(content, filters):
    says = f"/Subtype/Image/Width 40/Height 40/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter[{filters}]"
    file = pdf(stream(content, says.encode()), page=b"/Resources<</XObject<</I 4 0 R>>>>")

    with pikepdf.open(io.BytesIO(uploads.read(document(file)))) as written:
        photograph = next(one for one in written.objects if isinstance(one, pikepdf.Stream) and "/Width" in one)
        raw = photograph.read_raw_bytes()
    assert str(photograph.get("/Filter")) in {"/DCTDecode", "/JPXDecode"}
    assert (b"CANARY" in raw, b"Created by" in raw) == (False, False)
    with Image.open(io.BytesIO(raw)) as image:
        assert image.convert("RGB").getpixel((20, 20)) in {(254, 0, 0), (255, 0, 0)}


@pytest.mark.parametrize(
    ("content", "filters"),
    [
        (b"no photograph", "/DCTDecode"),
        (SHOT[:2] + b"?" + SHOT[2:], "/DCTDecode"),
        (SHOT[:30], "/DCTDecode"),
        (SHOT, "/DCTDecode /DCTDecode"),
        (SHOT, "/DCTDecode /FlateDecode"),
        (noted("JPEG2000")[:-3], "/JPXDecode"),
        (b"\xff\x4f\xff\x64", "/JPXDecode"),
    ],
)
def test_photograph_from_which_notes_cannot_be_taken_is_refused(content, filters):
    file = pdf(stream(content, f"/Filter[{filters}]".encode()))

    assert refused(uploads.read, document(file)) == "file-noted"


@pytest.mark.parametrize("sign", [b"<svg onload=canary()>", b"PK\x05\x06"])
def test_a_page_or_an_archive_that_is_a_part_of_a_pdf_is_refused(sign):
    hidden = zlib.compress(sign, level=0)
    content = pdf(stream(hidden, b"/Filter/FlateDecode"), page=b"/Contents 4 0 R")

    assert refused(uploads.validate_document, document(content)) == "file-broken"
