"""PDF by Typst, in a process of its own: a source (events.pdf.pdf_files.Source) as JSON comes in, a PDF goes out. It knows
nothing of the site.

The page is a fixed template, and what people wrote reaches it as a JSON string, never as markup. So nothing in a title can
run or include anything; the compiler sees no file but the fonts.
"""

import json
import sys
from pathlib import Path
from typing import Any

import fontpkg_noto_sans
import fontpkg_noto_sans_arabic
import pylopdf_fonts_zh_cn
import typst

FONTS = [
    str(Path(fontpkg_noto_sans.__file__).parent / "files"),
    str(Path(fontpkg_noto_sans_arabic.__file__).parent / "files"),
    str(pylopdf_fonts_zh_cn.sans_path().parent),
]


def drawn(source: dict[str, Any], *, accessible: bool) -> bytes:
    """A tagged PDF. Raises `typst.TypstError` where the template has a fault."""
    file: bytes = typst.compile(
        source["template"].encode(),
        root=FONTS[0],  # a folder without secrets: the template reads no file
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=FONTS),
        sys_inputs={"data": json.dumps(source["content"], ensure_ascii=False)},
        timestamp=source["made"],
        pdf_standards=["ua-1"] if accessible else [],
    )
    return file


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    try:
        made = drawn(asked, accessible=asked["accessible"])
    except typst.TypstError:  # a sign that no font has is drawn as a box, which the standard forbids
        if not asked["accessible"]:
            raise
        made = drawn(asked, accessible=False)
    sys.stdout.buffer.write(made)
