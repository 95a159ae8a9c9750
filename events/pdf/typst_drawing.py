"""PDF by Typst, from data: the page is a fixed source, and what people wrote reaches it as a JSON string, never as markup.

So nothing in a title can run or include anything; the compiler sees no file but the fonts. It takes 130 MB, which a
process never gives back: only workers load this module (events.pdf.pdf_files).
"""

import json
from functools import cache
from pathlib import Path

import fontpkg_noto_sans
import fontpkg_noto_sans_arabic
import pylopdf_fonts_zh_cn
import typst

from events.pdf.pdf_files import Source

FONTS = (
    Path(fontpkg_noto_sans.__file__).parent / "files",
    Path(fontpkg_noto_sans_arabic.__file__).parent / "files",
    pylopdf_fonts_zh_cn.sans_path().parent,
)


def draw(source: Source) -> bytes:
    """A tagged PDF: the same source gives the same bytes. Raises `typst.TypstError` where the template has a fault."""
    try:
        return _compiled(source, accessible=source.accessible)
    except typst.TypstError:  # a sign that no font has is drawn as a box, which the standard forbids
        if not source.accessible:
            raise
        return _compiled(source, accessible=False)


def _compiled(source: Source, *, accessible: bool) -> bytes:
    file: bytes = typst.compile(  # type: ignore[type-var]  # its stubs know paths only, it takes sources too
        source.template.encode(),
        root=str(FONTS[0]),  # a folder without secrets: the template reads no file
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(source.content, ensure_ascii=False)},
        timestamp=source.made,
        pdf_standards=["ua-1"] if accessible else [],
    )
    return file


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(p) for p in FONTS])
