"""PDF by Typst, in a process of its own: the content of a source (events.shared.pdf.pdf_files.Source) as JSON comes in, a PDF goes out; its
argument has the rest of the source. It knows nothing of the site.

The page is a fixed template, and what people wrote reaches it as a JSON string, never as markup. So nothing in a title can
run or include anything; the compiler sees no file but the fonts.
"""

import json
import sys
from base64 import b64encode
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def folder_of(package: str) -> Path:
    """Where an installed package is. Of those that bring fonts none is imported: no code of theirs runs."""
    found = find_spec(package)
    if found is None or not found.origin:
        raise ModuleNotFoundError(package)
    return Path(found.origin).parent


REQUIRED = [
    str(folder_of("fontpkg_noto_sans") / "files"),
    str(folder_of("fontpkg_noto_sans_arabic") / "files"),
    str(folder_of("pylopdf_fonts_zh_cn")),
]
# Of the scripts that few forums need, and Debian's fonts-noto-core and fonts-noto-cjk: taken where they are installed.
MORE = [
    str(Path(found.origin).parent)
    for name in ("manimgx_fonts", "pylopdf_fonts_ko")
    if (found := find_spec(name)) and found.origin
]
SYSTEM = [
    folder for folder in ("/usr/share/fonts/truetype/noto", "/usr/share/fonts/opentype/noto") if Path(folder).is_dir()
]
FONTS = [*REQUIRED, *MORE, *SYSTEM]


def drawn(source: dict[str, Any], *, accessible: bool) -> bytes:
    """A tagged PDF; where the source names `pixels` for an inch, its pages as PNG instead: JSON, a list of texts in base64. The content
    of the source is a text, JSON. Raises `typst.TypstError` where the template has a fault."""
    import typst  # here: who asks which fonts there are draws nothing

    made = typst.compile(
        source["template"].encode(),
        root=FONTS[0],  # a folder without secrets: the template reads no file
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=FONTS),
        sys_inputs={"data": source["content"]},
        timestamp=source["made"],
        pdf_standards=["ua-1"] if accessible else [],
        **({"format": "png", "ppi": source["pixels"]} if "pixels" in source else {}),
    )
    if "pixels" not in source:
        return bytes(made)
    pages = made if isinstance(made, list) else [made]
    return json.dumps([b64encode(page).decode() for page in pages]).encode()


if __name__ == "__main__":
    from typst import TypstError

    asked = json.loads(sys.argv[1]) | {"content": sys.stdin.read()}
    try:
        made = drawn(asked, accessible=asked["accessible"])
    except TypstError:  # a sign that no font has is drawn as a box, which the standard forbids
        if not asked["accessible"]:
            raise
        made = drawn(asked, accessible=False)
    sys.stdout.buffer.write(made)
