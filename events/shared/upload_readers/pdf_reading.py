"""A PDF of a stranger comes in, the same PDF goes out, or what is wrong with it as a word; in a process of its own, which knows nothing of the
site. qpdf reads its objects as readers of PDF do, wherever they stand and however they are written; nothing is drawn."""

import io
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
START_OF_PIXELS = 0xDA
ADDRESSES = (b"https://", b"http://", b"mailto:")


def read(content: bytes) -> bytes:
    """The PDF as qpdf wrote it again from the objects that it judged, with no earlier or other state of the file. It names
    neither its author nor the place and time of its photographs.

    Else `file-active`, `file-locked` or `file-broken` (qpdf would have to mend it, and readers may mend it in another way)."""
    try:
        with pikepdf.open(io.BytesIO(content), attempt_recovery=False, inherit_page_attributes=False) as pdf:
            if pdf.is_encrypted:
                return b"file-locked"
            if any(_is_active(one) for top in [pdf.trailer, *pdf.objects] for one in _within(top)):
                return b"file-active"
            if pdf.get_warnings() or not len(pdf.pages):
                return b"file-broken"
            for one in [pdf.trailer, *pdf.objects]:
                _forget_notes(one)
            written = io.BytesIO()
            pdf.save(written)
            return written.getvalue()
    except pikepdf.PasswordError:
        return b"file-locked"
    except pikepdf.PdfError:
        return b"file-broken"


def _forget_notes(one: Object) -> None:
    """Take out of an object what programs and cameras note beside what is shown."""
    if isinstance(one, Dictionary | Stream):
        for key in NOTED & set(one.keys()):
            del one[key]
    if isinstance(one, Stream) and one.get("/Filter") in (Name.DCTDecode, Array([Name.DCTDecode])):
        how: Any = one.get("/DecodeParms")
        one.write(_without_notes(one.read_raw_bytes()), filter=Name.DCTDecode, decode_parms=how)


def _without_notes(photograph: bytes) -> bytes:
    """A JPEG without the segments that hold what a camera or a person notes (Exif, XMP, comments); those of its colours stay."""
    kept, at = [photograph[:2]], 2
    while len(photograph) > at + 3 and photograph[at] == 0xFF and photograph[at + 1] != START_OF_PIXELS:
        end = at + 2 + int.from_bytes(photograph[at + 2 : at + 4])
        kept += [] if photograph[at + 1] in NOTES else [photograph[at:end]]
        at = end
    return b"".join([*kept, photograph[at:]])


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
