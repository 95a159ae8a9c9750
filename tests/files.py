"""Small files as people upload them: whole, and as the checks of uploads want them."""

import io
import struct
import zlib

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image


def pdf(*more: bytes, catalog: bytes = b"", page: bytes = b"", end: bytes = b"") -> bytes:
    """A PDF of one empty page, with more objects in it, from number 4 on, and with more in its catalogue, page and trailer."""
    written, table = _objects([*_first_objects(catalog, page), *more])
    rows = b"".join(b"%010d 00000 n \n" % place for place in table)
    last = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R%s>>"
    return written + last % (len(table) + 1, rows, len(table) + 1, end) + b"\nstartxref\n%d\n%%%%EOF\n" % len(written)


def packed_pdf(
    one: bytes, *, catalog: bytes = b"", page: bytes = b"", kind: bytes = b"/Type/ObjStm", megabytes: int = 0
) -> bytes:
    """The same with an object, number 6, in a packed stream, and so many megabytes of nothing after it."""
    packing = zlib.compressobj()
    parts = [packing.compress(b"6 0 " + one), *(packing.compress(bytes(1024**2)) for _number in range(megabytes))]
    objects = [
        *_first_objects(catalog, page),
        stream(b"".join([*parts, packing.flush()]), kind + b"/N 1/First 4/Filter/FlateDecode"),
    ]
    written, table = _objects(objects)
    rows = [(0, 0, 65535), *((1, place, 0) for place in [*table, len(written)]), (2, 4, 0)]
    packed = b"".join(struct.pack(">BIH", *row) for row in rows)
    last = stream(packed, b"/Type/XRef/Size 7/W[1 4 2]/Root 1 0 R")
    return written + b"5 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (last, len(written))


def stream(content: bytes, says: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (says, len(content), content)


def _first_objects(catalog: bytes, page: bytes) -> list[bytes]:
    pages = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    return [
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
        pages,
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]%s>>" % page,
    ]


def _objects(objects: list[bytes]) -> tuple[bytes, list[int]]:
    """Them as a file has them, and where each begins."""
    written, table = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        table.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    return written, table


def picture(kind: str = "JPEG", *, size: tuple[int, int] = (60, 80), colour: str = "#2b2fbf", **more: object) -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind, **more)
    return file.getvalue()


def stored(content: bytes, name: str) -> str:
    """The name of a file that lies in the storage as it is, past the reader of uploads."""
    return default_storage.save(name, ContentFile(content))


PDF, PNG, JPEG = pdf(), picture("PNG"), picture("JPEG")
CATALOG = b"1 0 obj\n<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>\nendobj\n"
LAST = PDF.rsplit(b"startxref\n")[-1].split()[0]
TABLE = b"xref\n1 1\n%010d 00000 n \ntrailer\n<</Size 4/Root 1 0 R/Prev %s>>\n" % (len(PDF), LAST)
# A later revision with a script, of which qpdf sees nothing: where its table is cannot be read.
HIDDEN = [
    *(PDF + CATALOG + TABLE + b"startxref\n%s\n%%%%EOF\n" % place for place in (b"foo", b"12.5", b"(5)", b"")),
    *(PDF + CATALOG + b"startxref\n%s%%%%EOF\n" % place for place in (b"", b"foo\n")),
]
