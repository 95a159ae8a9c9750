"""Which characters the fonts of our PDF files have, and what is written where none has them: what none has would be a box."""

import mmap
import struct
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from events.shared.pdf.typst_drawing import FONTS

TABLE, SUBTABLE, GROUP = struct.Struct(">4sIII"), struct.Struct(">HHI"), struct.Struct(">III")
UNICODE, BASIC = (
    ((3, 10), (0, 4), (0, 6)),
    ((3, 1), (0, 3)),
)  # subtables for all of Unicode, and for its first 65,536 characters
BEYOND = 0x110000
# The package that brings a script, by the first word of the names of its letters. Any other: Debian's.
KOREAN, MANY, SYSTEM = "pylopdf-fonts-ko", "manimgx-fonts", "fonts-noto-core"
BROUGHT = {"HANGUL": KOREAN} | dict.fromkeys(
    (
        "ARMENIAN", "BENGALI", "ETHIOPIC", "GEORGIAN", "GUJARATI", "GURMUKHI", "HEBREW", "KANNADA", "KHMER", "LAO", "MALAYALAM",
        "MYANMAR", "ORIYA", "SINHALA", "TAMIL", "TELUGU", "THAI",
    ),
    MANY,
)  # fmt: skip


def lacking(text: str) -> str:
    """The characters of a text that no font has, each once, in their order."""
    covered = _covered()
    return "".join(dict.fromkeys(sign for sign in text if not sign.isspace() and not covered[ord(sign)]))


def without_boxes(text: str) -> str:
    """A text without the characters that would be boxes."""
    boxes = lacking(text)
    return text.translate(dict.fromkeys(map(ord, boxes))).strip() if boxes else text


def shown_name(name: str, latin: str = "") -> tuple[str, str]:
    """A name as it is drawn, and what stands below it: the same in Latin letters (`latin`), which stands alone where no font has
    the script of the own one. Both are empty where neither can be drawn; never a part of a name."""
    shown = [text for text in dict.fromkeys((name, latin)) if text and not lacking(text)]
    return (shown[0], shown[1] if len(shown) > 1 else "") if shown else ("", "")


def missing_fonts(texts: Iterable[str]) -> dict[str, str]:
    """The scripts of texts for which there is no font ("Thai"), each with the package that brings one."""
    names = (unicodedata.name(sign, "").partition(" ")[0] for text in texts for sign in lacking(text) if sign.isalpha())
    return {name.capitalize(): BROUGHT.get(name, SYSTEM) for name in sorted(set(names) - {""})}


@cache
def _covered() -> bytearray:
    """1 at the place of each character that a font has. A megabyte, kept in a process that asks."""
    found = bytearray(BEYOND)
    for folder in FONTS:
        for file in Path(folder).glob("*.[ot]t[fc]"):
            with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as font:
                for first, last in _ranges(font):
                    found[first : last + 1] = b"\1" * (last + 1 - first)
    return found


def _ranges(font: mmap.mmap) -> Iterator[tuple[int, int]]:
    """The ranges of characters that the `cmap` of a font, or of the first one of a collection, names (OpenType, formats 12 and 4)."""
    (begin,) = struct.unpack_from(">I", font, 12) if font[:4] == b"ttcf" else (0,)
    (tables,) = struct.unpack_from(">H", font, begin + 4)
    places = {
        tag: at for tag, _sum, at, _length in (TABLE.unpack_from(font, begin + 12 + 16 * n) for n in range(tables))
    }
    start = places[b"cmap"]
    (subtables,) = struct.unpack_from(">H", font, start + 2)
    rows = [SUBTABLE.unpack_from(font, start + 4 + SUBTABLE.size * n) for n in range(subtables)]
    kinds = {(platform, encoding): start + offset for platform, encoding, offset in rows}
    whole, basic = ([kinds[one] for one in asked if one in kinds] for asked in (UNICODE, BASIC))
    if whole:
        (groups,) = struct.unpack_from(">I", font, whole[0] + 12)
        for first, last, _glyph in (GROUP.unpack_from(font, whole[0] + 16 + GROUP.size * n) for n in range(groups)):
            yield first, last
    elif basic:
        (twice,) = struct.unpack_from(">H", font, basic[0] + 6)
        ends = struct.unpack_from(f">{twice // 2}H", font, basic[0] + 14)
        starts = struct.unpack_from(f">{twice // 2}H", font, basic[0] + 16 + twice)
        yield from zip(starts[:-1], ends[:-1], strict=True)  # the last names none
