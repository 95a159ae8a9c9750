"""PDF by Typst, from data: the page is a fixed source, and what people wrote reaches it as a JSON string, never as markup.

So nothing in a title can run or include anything; the compiler sees no file but the template and the fonts.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import fontpkg_noto_sans
import fontpkg_noto_sans_arabic
import pylopdf_fonts_zh_cn
import typst

FONTS = (
    Path(fontpkg_noto_sans.__file__).parent / "files",
    Path(fontpkg_noto_sans_arabic.__file__).parent / "files",
    pylopdf_fonts_zh_cn.sans_path().parent,
)
UNDRAWABLE = {"Cc", "Cs", "Co", "Cn"}
LONG_WORD, BREAK = re.compile(r"[^\W\d_]{20}(?=\S)|\S{24}(?=\S)"), "\u200b"
TURNING = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}


def pdf(
    template: Path, *, content: Mapping[str, object], made: int, standards: Sequence[Literal["ua-1"]] = ()
) -> bytes:
    """A tagged PDF of a template with this content. `made`: seconds since 1970, written into the file, so that the
    same content gives the same bytes. Raises `typst.TypstError` where the content cannot keep one of the `standards`."""
    file: bytes = typst.compile(  # type: ignore[type-var]  # its stubs know paths only, it takes sources too
        template.read_bytes(),
        root=str(FONTS[0]),  # a folder without secrets: the template reads no file
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
        timestamp=made,
        pdf_standards=[*standards],
    )
    return file


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(p) for p in FONTS])


def written(text: str) -> dict[str, str]:
    """A text that people wrote, as one paragraph, with the direction of its first strong letter.

    Left out: control characters, what no font can draw, and signs that would turn the direction around. Words that
    are longer than a line may be can break.
    """
    line = " ".join(LONG_WORD.sub(lambda word: word[0] + BREAK, word) for word in text.split())
    shown = "".join(sign for sign in line if unicodedata.category(sign) not in UNDRAWABLE and sign not in TURNING)
    strong = next((kind for sign in shown if (kind := unicodedata.bidirectional(sign)) in {"L", "R", "AL"}), "L")
    return {"text": shown.strip(), "direction": "ltr" if strong == "L" else "rtl"}
