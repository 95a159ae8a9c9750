"""Which characters the fonts of our PDF files have: what none of them has would be a box."""

import struct
from functools import cache
from pathlib import Path

from events.pdf.typst_drawing import FONTS

TABLE, SUBTABLE, GROUP = struct.Struct(">4sIII"), struct.Struct(">HHI"), struct.Struct(">III")
WHOLE_UNICODE = (3, 10)  # the subtable for all of Unicode, which every font of ours has
BEYOND = 0x110000


def lacking(text: str) -> str:
    """The characters of a text that no font has, each once, in their order."""
    covered = _covered()
    return "".join(dict.fromkeys(sign for sign in text if not sign.isspace() and not covered[ord(sign)]))


def without_boxes(text: str) -> str:
    """A text without the characters that would be boxes."""
    boxes = lacking(text)
    return text.translate(dict.fromkeys(map(ord, boxes))).strip() if boxes else text


@cache
def _covered() -> bytearray:
    """1 at the place of each character that a font has. A megabyte, kept in a process that asks."""
    found = bytearray(BEYOND)
    for folder in FONTS:
        for file in Path(folder).glob("*.[ot]tf"):
            for first, last in _ranges(file.read_bytes()):
                found[first : last + 1] = b"\1" * (last + 1 - first)
    return found


def _ranges(font: bytes) -> list[tuple[int, int]]:
    """The ranges of characters that the `cmap` of a font names (OpenType, format 12)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    places = {tag: start for tag, _sum, start, _length in (TABLE.unpack_from(font, 12 + 16 * n) for n in range(tables))}
    start = places[b"cmap"]
    (subtables,) = struct.unpack_from(">H", font, start + 2)
    kinds = [SUBTABLE.unpack_from(font, start + 4 + SUBTABLE.size * n) for n in range(subtables)]
    start += next(offset for platform, encoding, offset in kinds if (platform, encoding) == WHOLE_UNICODE)
    (groups,) = struct.unpack_from(">I", font, start + 12)
    found = (GROUP.unpack_from(font, start + 16 + GROUP.size * n) for n in range(groups))
    return [(first, last) for first, last, _glyph in found]
