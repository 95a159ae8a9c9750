"""Small files as people upload them: whole, and as the checks of uploads want them."""

import io
import zlib

from PIL import Image

# A whole PDF with one empty page.
PDF = (
    b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n"
    b"0000000054 00000 n \n0000000105 00000 n \ntrailer\n<</Size 4/Root 1 0 R>>\nstartxref\n166\n%%EOF\n"
)


def pdf(more: bytes = b"") -> bytes:
    """A PDF with one more object in it."""
    return PDF.replace(b"xref\n0 4", b"9 0 obj\n" + more + b"\nendobj\nxref\n0 4", 1)


def packed_pdf(objects: bytes, *, says: bytes = b"/Filter/FlateDecode") -> bytes:
    """A PDF that has objects in a packed stream."""
    packed = zlib.compress(objects) if b"Flate" in says else objects
    head = b"<</Type/ObjStm/N 1/First 4" + says + b"/Length %d>>" % len(packed)
    return pdf(head + b"stream\n" + packed + b"\nendstream")


def picture(kind: str = "JPEG", *, size: tuple[int, int] = (60, 80), colour: str = "#2b2fbf", **more: object) -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind, **more)
    return file.getvalue()


PNG, JPEG = picture("PNG"), picture("JPEG")
