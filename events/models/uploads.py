"""Files that people upload: what they are is read from their bytes, never from their name. Nothing is decoded here."""

import re
import secrets
import struct
import zlib
from collections.abc import Iterator
from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db.models import Model
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext as _

DOCUMENT_LIMIT = 10 * 1024 * 1024
IMAGE_LIMIT = 5 * 1024 * 1024
MOST_PIXELS = 50_000_000
MOST_SEGMENTS = 1_000  # before the frame of a JPEG: those for notes have 64 KB each
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
    """Refuse `file-broken` (a PNG or JPEG that does not say how large it is, or that is an archive as well) and
    `too-many-pixels` (more than 50 million)."""
    width, height = _size_of_png(content) if content.startswith(b"\x89PNG") else _size_of_jpeg(content)
    if not width * height or _is_archive(content):
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
PAGE = re.compile(rb"<(?:html|script|!doctype|\?php)", re.IGNORECASE)
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
ENDS = rb"(?![^\0\t\n\f\r ()<>\[\]{}/%])"  # a name ends
# What runs a program, opens or brings another file, sends or fetches something: such names stand by chance in no picture.
LONG = re.compile(
    rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|GoToR|GoToE|SubmitForm|ImportData|Rendition)(?![A-Za-z])"
)
BRIEF = rb"/(?:XFA|JS|EF|AA)"
SHORT = re.compile(BRIEF + ENDS)
SHORT_IN_TEXT = re.compile(rb"[\t-~]{8}" + BRIEF + ENDS + rb"[\t-~]{8}")  # in what may be a picture
OPENS = re.compile(rb"/OpenAction" + ENDS + rb"[\0\s]*(.{0,400})", re.DOTALL)
REFERENCE = re.compile(rb"(\d{1,10})[\0\s]+\d{1,5}[\0\s]+R" + ENDS)
OBJECT = re.compile(rb"(?<!\d)(\d{1,10})[\0\s]+\d{1,5}[\0\s]+obj[\0\s]*(?=(.{0,400}))", re.DOTALL)
LEADS_TO_A_PAGE = re.compile(rb"/S[\0\s]*/GoTo" + ENDS)
LOCKED = re.compile(rb"/Encrypt(?![A-Za-z])")
STREAM = re.compile(rb"(?<!end)stream\r?\n")
STREAM_ENDS = b"endstream"
PACKED = b"/ObjStm"  # a stream that holds objects
MOST_UNPACKED = 64 * 1024 * 1024


def check_pdf(content: bytes) -> None:
    """Refuse a PDF that is not whole or is something else as well (`file-broken`), that is protected by a password and so cannot
    be read (`file-locked`), and that has a program, a form with a program or another file in it, or opens something else than a
    page (`file-active`), be it in packed objects or with its names written in another way."""
    if not _is_whole(content):
        words = _("The PDF is not whole, or it is something else as well. Save it again as PDF, and choose that file")
        raise ValidationError(words, code="file-broken")
    plain = _unescaped(content)
    if LOCKED.search(plain):
        words = _("The PDF is protected, so it cannot be checked. Save it without protection, and choose that file")
        raise ValidationError(words, code="file-locked")
    objects = _packed_objects(content, number=plain.count(PACKED))
    if objects is None or LONG.search(plain) or SHORT_IN_TEXT.search(plain) or _is_active(content, objects):
        words = _("The PDF has a program or another file in it. Print it into a new PDF, and choose that one")
        raise ValidationError(words, code="file-active")


def _is_active(content: bytes, objects: list[tuple[bytes, bytes]]) -> bool:
    """Whether something outside of streams, or in packed objects, does more than to show pages."""
    outside = [piece for piece, _stream in _streams(content)]
    texts = [*outside, *(text for _said, text in objects)]
    if any(LONG.search(text) or SHORT.search(text) for text in texts):
        return True
    opened = [found[1] for text in texts for found in OPENS.finditer(text)]
    return any(not _opens_a_page(value, outside=outside, objects=objects) for value in opened)


def _opens_a_page(value: bytes, *, outside: list[bytes], objects: list[tuple[bytes, bytes]]) -> bool:
    """Whether a file that opens with this leads to one of its own pages: a place, or an action that goes to one."""
    if reference := REFERENCE.match(value):
        number = int(reference[1])
        found = [one[2] for text in outside for one in OBJECT.finditer(text) if int(one[1]) == number]
        found += [one for said, text in objects for one in _packed_object(said, text, number=number)]
        return bool(found) and all(_is_a_page(one) for one in found)
    return _is_a_page(value)


def _is_a_page(value: bytes) -> bool:
    if not value.startswith(b"<<"):
        return value.startswith((b"[", b"(", b"/", b"<"))
    said = value[2:].partition(b">>")[0]
    return bool(LEADS_TO_A_PAGE.search(said)) and b"<<" not in said and b"/Next" not in said


def _packed_object(said: bytes, text: bytes, *, number: int) -> list[bytes]:
    """An object with a number in a packed stream, as far as it decides what opens. `said`: the stream's dictionary."""
    first = re.search(rb"/First[\0\s]*(\d{1,9})", said)
    words = text[: int(first[1])].split() if first else []
    places = zip(words[::2], words[1::2], strict=False)
    start = int(first[1]) if first else 0
    return [text[start + int(at) :][:400].lstrip() for name, at in places if name == b"%d" % number and at.isdigit()]


def _is_whole(content: bytes) -> bool:
    """Whether it ends as a PDF does, has a table of its objects, and is no page and no archive."""
    end = content.rstrip(b"\0 \t\r\n")[-1024:]
    has_table = b"startxref" in end and (re.search(rb"(?<!start)xref", content) or b"/XRef" in content)
    return b"%%EOF" in end and bool(has_table) and not PAGE.search(content[:1024]) and not _is_archive(content)


def _unescaped(content: bytes) -> bytes:
    """With names as they are meant: `/J#53` says /JS."""
    return ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), content)


def _packed_objects(content: bytes, *, number: int) -> list[tuple[bytes, bytes]] | None:
    """What packed streams (there are `number` of them) say of themselves, and what is in them; None where one cannot be read
    here."""
    left, found = MOST_UNPACKED, []
    for before, stream in _streams(content) if number else ():
        said = before[-2000:]
        said = said[said.rfind(b"obj") + 3 :]
        if PACKED not in said:
            continue
        if b"/DecodeParms" in said or b"/DP" in said:
            return None
        objects = _unpacked(stream, most=left) if b"/F" in said.replace(b"/First", b"") else stream
        if objects is None:
            return None
        left -= len(objects)
        found.append((said, _unescaped(objects)))
    return found if len(found) >= number else None


def _streams(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What stands before each stream (its dictionary is the end of it), and the stream; and what stands after the last one. Each
    byte is looked at once, whatever the file says."""
    place = 0
    while found := STREAM.search(content, place):
        end = content.find(STREAM_ENDS, found.end())
        if end < 0:
            break
        yield _unescaped(content[place : found.start()]), content[found.end() : end]
        place = end + len(STREAM_ENDS)
    yield _unescaped(content[place:]), b""


def _unpacked(content: bytes, *, most: int) -> bytes | None:
    """What was deflated; None where it was not, or not as a whole, or has more bytes than `most`."""
    unpacking = zlib.decompressobj()
    try:
        found = unpacking.decompress(content, max(most, 1))
    except zlib.error:
        return None
    return found if unpacking.eof else None
