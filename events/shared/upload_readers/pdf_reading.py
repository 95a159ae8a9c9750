"""A PDF of a stranger comes in, the same PDF goes out, or what is wrong with it as a word; in a process of its own, which knows nothing of the
site. qpdf reads its objects as readers of PDF do, wherever they stand and however they are written; nothing is drawn."""

import io
import re
import resource
import sys
from collections.abc import Iterator
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream, String

MEMORY = 768 * 1024**2  # bytes that it may use, and …
SECONDS = (
    15  # of the processor: they bound how many objects there may be, how deep and how large when they are unpacked
)
# Keys, and kinds of annotations and actions, of what runs a program, plays, brings or opens another file, or sends something.
ACTIVE = {"/JS", "/JavaScript", "/XFA", "/AA", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/PS"}
ACTIVE |= {"/EF", "/EmbeddedFile", "/EmbeddedFiles", "/FileAttachment", "/OPI"}
ACTIVE |= {"/Rendition", "/Movie", "/Sound", "/Screen", "/OnInstantiate"}
ACTIVE_FAMILIES = ("/3D", "/RichMedia")
KINDS = ("/S", "/Subtype", "/Type")
EXTERNAL = "the bytes of a stream are in another file"
ACTIONS = ("/A", "/PA", "/Next")  # what somebody starts with a click
PASSIVE = frozenset({"/GoTo", "/SetOCGState", "/Hide", "/Trans"})
PAGES = frozenset({"/NextPage", "/PrevPage", "/FirstPage", "/LastPage"})
NOTED = {"/Info", "/Metadata", "/PieceInfo", "/LastModified", "/Thumb"}
NOTES = frozenset({0xE1, *range(0xE3, 0xEE), 0xEF, 0xFE})  # kinds of segments of a JPEG
START_OF_PIXELS, COLOURS, END = 0xDA, 0xE2, b"\xd9"
MARKER, MARKER_BEHIND_PIXELS = re.compile(rb"\xff+([^\x00\xff])"), re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
DRAWN = frozenset({b"jP  ", b"ftyp", b"rreq", b"jp2h", b"jpch", b"jplh", b"jp2c"})  # boxes of a JPEG 2000
TILE, COMMENT = b"\x90", b"\x64"  # in its pixels
ADDRESSES = (b"https://", b"http://", b"mailto:")


class PhotographError(Exception):
    """A photograph is not written as the readers of notes expect it."""


def read(content: bytes) -> bytes:
    """The PDF as qpdf wrote it again from the objects that it judged, with no earlier or other state of the file. It names
    neither its author nor the place and time of its photographs.

    Else `file-active`, `file-locked`, `file-noted` (a photograph from which notes cannot be taken) or `file-broken` (qpdf would have to mend it, and readers may mend it in another way)."""
    try:
        with pikepdf.open(io.BytesIO(content), attempt_recovery=False, inherit_page_attributes=False) as pdf:
            if pdf.is_encrypted:
                return b"file-locked"
            if any(_is_active(one) for top in [pdf.trailer, *pdf.objects] for one in _within(top)):
                return b"file-active"
            if pdf.get_warnings() or not len(pdf.pages):
                return b"file-broken"
            for one in [pdf.trailer, *pdf.objects]:
                _forget_notes(one, pdf)
            written = io.BytesIO()
            pdf.save(written)
            return written.getvalue()
    except pikepdf.PasswordError:
        return b"file-locked"
    except PhotographError:
        return b"file-noted"
    except pikepdf.PdfError:
        return b"file-broken"


def _forget_notes(one: Object, pdf: pikepdf.Pdf) -> None:
    """Take out of an object what programs and cameras note beside what is shown."""
    if isinstance(one, Dictionary | Stream):
        for key in NOTED & set(one.keys()):
            del one[key]
    if isinstance(one, Stream):
        _clean(one, pdf)


def _clean(one: Stream, pdf: pikepdf.Pdf) -> None:
    """Take out of a photograph what is noted in it, however it is packed. Raises `PhotographError`."""
    given: Any = one.get("/Filter")
    parms: Any = one.get("/DecodeParms")
    filters: list[Any] = list(given) if isinstance(given, Array) else [given]
    if PHOTOGRAPHS.keys().isdisjoint(map(str, filters)):
        return
    *packed, last = filters
    without_notes = PHOTOGRAPHS.get(str(last))
    each: list[Any] = list(parms) if isinstance(parms, Array) else [*packed, parms]
    if without_notes is None or not PHOTOGRAPHS.keys().isdisjoint(map(str, packed)):
        raise PhotographError
    photograph = one.read_raw_bytes()
    if packed:
        how = {"DecodeParms": Array(each[:-1])} if isinstance(parms, Array) else {}
        photograph = Stream(pdf, photograph, Filter=Array(packed), **how).read_bytes()
    one.write(without_notes(photograph), filter=last, decode_parms=each[-1])


def _jpeg(photograph: bytes) -> bytes:
    """A JPEG without the segments that hold what a camera or a person notes (Exif, XMP, comments), and without what stands behind
    it; those of its colours stay."""
    kept, at, end = [photograph[:2]], 2, len(photograph)
    while at < end and (found := MARKER.match(photograph, at)) and found[1] != END:
        kind, at = found[1][0], found.end()
        stop = at + int.from_bytes(photograph[at : at + 2])
        is_note = kind in NOTES or (kind == COLOURS and not photograph.startswith(b"ICC_PROFILE", at + 2))
        if kind == START_OF_PIXELS:
            following = MARKER_BEHIND_PIXELS.search(photograph, stop)
            stop = following.start() if following else end
        kept += [] if is_note else [b"\xff", found[1], photograph[at:stop]]
        at = stop
    if photograph[:2] != b"\xff\xd8" or (at < end and not found) or at > end:
        raise PhotographError
    return b"".join([*kept, b"\xff", END])


def _jpeg_2000(photograph: bytes) -> bytes:
    """The boxes of a JPEG 2000 that say what is drawn, and in which colours; a bare one is such a box."""
    if photograph[:2] == b"\xff\x4f":
        return _without_comments(photograph)
    kept, at = list[bytes](), 0
    while at < len(photograph):
        size, kind = int.from_bytes(photograph[at : at + 4]), photograph[at + 4 : at + 8]
        head, size = (
            (16, int.from_bytes(photograph[at + 8 : at + 16])) if size == 1 else (8, size or len(photograph) - at)
        )
        if size < head or at + size > len(photograph):
            raise PhotographError
        box = photograph[at + head : at + size]
        box = _without_comments(box) if kind == b"jp2c" else box
        kept += [(len(box) + 8).to_bytes(4), kind, box] if kind in DRAWN else []
        at += size
    return b"".join(kept)


def _without_comments(pixels: bytes) -> bytes:
    kept, at = [pixels[:2]], 2
    while (found := MARKER.match(pixels, at)) and found[1] != TILE:
        stop = found.end() + int.from_bytes(pixels[found.end() : found.end() + 2])
        kept += [] if found[1] == COMMENT else [pixels[at:stop]]
        at = stop
    if found is None:
        raise PhotographError
    return b"".join([*kept, pixels[at:]])


PHOTOGRAPHS = {"/DCTDecode": _jpeg, "/DCT": _jpeg, "/JPXDecode": _jpeg_2000}  # by the names of their filters


def _within(top: Object) -> Iterator[dict[str, Any]]:
    """The dictionaries of an object. Those that it refers to are objects themselves."""
    left = [top]
    while left:
        one = left.pop()
        if isinstance(one, Array):
            values = list(one)
        elif isinstance(one, Dictionary | Stream):
            found = dict(one.items())
            yield found | {EXTERNAL: "/F" in found and isinstance(one, Stream)}
            values = list(found.values())
        else:
            continue
        left += [value for value in values if isinstance(value, Object) and not value.is_indirect]


def _is_active(one: dict[str, Any]) -> bool:
    names = {*one, *(str(one[kind]) for kind in KINDS if isinstance(one.get(kind), Name))}
    if one[EXTERNAL] or not names.isdisjoint(ACTIVE) or any(name.startswith(ACTIVE_FAMILIES) for name in names):
        return True
    if isinstance(one.get("/Ref"), Dictionary) and "/F" in one["/Ref"]:  # a page of another file
        return True
    return not _opens_a_page(one.get("/OpenAction")) or not all(map(_is_passive, _actions(one)))


def _opens_a_page(value: object) -> bool:
    """Whether a file that opens with this leads to one of its own pages: a place, or an action that goes to one."""
    if not isinstance(value, Dictionary | Stream):
        return True
    return value.get("/S") == "/GoTo" and value.keys().isdisjoint({"/Next", "/F"})


def _actions(one: dict[str, Any]) -> Iterator[Object]:
    left = [one[key] for key in ACTIONS if key in one]
    while left:  # an array that holds itself is too much to read
        action = left.pop()
        if isinstance(action, Array):
            left += list(action)
        elif isinstance(action, Dictionary | Stream) and "/S" in action:  # else of an outline, or how a text is set
            yield action


def _is_passive(action: Object) -> bool:
    kind = action["/S"]
    if "/F" in action:  # a file beside it
        return False
    if kind == "/URI":
        address = action.get("/URI")
        return isinstance(address, String) and bytes(address).lower().startswith(ADDRESSES)
    return str(kind) in PASSIVE or (kind == "/Named" and str(action.get("/N")) in PAGES)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.stdout.buffer.write(read(sys.stdin.buffer.read()))
