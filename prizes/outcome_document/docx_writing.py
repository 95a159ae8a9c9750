"""DOCX by python-docx, in a process of its own: a document (prizes.outcome_document.parts) as JSON comes in, a file goes out. It
knows nothing of the site.

It writes the XML elements itself: python-docx would search the styles for each paragraph, and the whole table for each cell.
"""

import json
import sys
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

ACCENT, INK, QUIET, HAIRLINE = "2B2FBF", "15172B", "4B4E68", "D6D8E5"
FONT = "Arial"  # every office program has it, or one of its widths, with Arabic letters
SIZES = {"Title": 34, "Heading 1": 20, "Heading 2": 13, "Heading 3": 10}
STYLES = {"text": "Normal", "quiet": "Quiet", "item": "List Bullet", "quote": "Quote"}
MANY = 12  # columns, from which on letters are small


class Writer:
    """A document under way; what is added goes below the rest."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content, self.is_rtl = content, content["direction"] == "rtl"
        self.file = Document()
        self.body, self.end = self.file.element.body, self.file.element.body.sectPr
        self.ids = {style.name: style.style_id for style in self.file.styles}
        self.anchors = 0
        self._set_styles()
        self._set_page()

    # --- the frame ---
    def _set_styles(self) -> None:
        styles = self.file.styles
        for name in ("Quiet", "Contents"):
            styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = styles["Normal"]
            self.ids[name] = styles[name].style_id
        for name in ("Normal", "Quiet", "Contents", "List Bullet", "Quote", *SIZES):
            style, size = styles[name], SIZES.get(name, 9 if name == "Quiet" else 10)
            style.font.name, style.font.size, style.font.italic = FONT, Pt(size), False
            shade = ACCENT if name == "Heading 3" else QUIET if name == "Quiet" else INK
            style.font.color.rgb = RGBColor.from_string(shade)
            letters = style.element.get_or_add_rPr()
            letters.rFonts.attrib.clear()
            for kind in ("ascii", "hAnsi", "eastAsia", "cs"):
                letters.rFonts.set(qn(f"w:{kind}"), FONT)
            letters.append(made("szCs", val=2 * size))
            if name in SIZES:
                letters.append(made("bCs"))
            style.paragraph_format.space_after = Pt(6)
        styles["Heading 1"].paragraph_format.page_break_before = True
        styles["Contents"].paragraph_format.tab_stops.add_tab_stop(Mm(162), WD_TAB_ALIGNMENT.RIGHT)
        language = styles.element.find(f".//{qn('w:lang')}")
        language.set(qn("w:bidi" if self.is_rtl else "w:val"), self.content["language"])

    def _set_page(self) -> None:
        section = self.file.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(24)
        section.different_first_page_header_footer = True  # none on the cover
        if self.is_rtl:
            self.end.append(made("bidi"))
        self.file.settings.element.append(made("updateFields", val="true"))  # the pages in the contents
        properties, cover = self.file.core_properties, self.content["cover"]
        properties.title, properties.author = self.content["title"], cover["forum"]["text"]
        properties.language, properties.comments = self.content["language"], ""
        for part, words in ((section.header, cover["forum"]["text"]), (section.footer, cover["name"])):
            line = part.paragraphs[0]._p
            self._fill(line, [run(f"{words}\u2003")], style="Quiet", direction=self.content["direction"])
            if part is section.footer:
                for kind, code in (("begin", ""), ("", "PAGE"), ("end", "")):
                    line.append(field(kind, code))

    # --- what is added ---
    def write(self) -> bytes:
        cover = self.content["cover"]
        self.text(cover["forum"], style="Quiet")
        self.text({"text": cover["name"], "direction": self.content["direction"]}, style="Title")
        for words in (cover["theme"], *cover["lines"]):
            self.text(words)
        for words in (cover["message"], cover["chair"]):
            self.text(words, style="Quote" if words is cover["message"] else "Normal")
        for note in cover["notes"]:
            self.text({"text": note, "direction": self.content["direction"]}, style="Quiet")
        self._contents()
        for part in self.content["parts"]:
            getattr(self, part["kind"])(part)
        found = BytesIO()
        self.file.save(found)
        return found.getvalue()

    def _contents(self) -> None:
        """The contents, a field that office programs update: a link to each chapter, with its page. LibreOffice knows the pages; Word
        asks whether to fill them in as it opens the file."""
        self.text({"text": self.content["contents"], "direction": self.content["direction"]}, style="Heading 1")
        chapters = [part for part in self.content["parts"] if part["kind"] == "heading" and part["level"] == 1]
        for number, part in enumerate(chapters):
            anchor = part.setdefault("anchor", f"part-{number}")
            link = run(part["words"]["text"], link=f"#{anchor}", is_bold=True)
            line = self._line([link, run("\t")], style="Contents", direction=part["words"]["direction"])
            for kind, code in (("begin", ""), ("", f"PAGEREF {anchor} \\h"), ("separate", ""), ("end", "")):
                line.append(field(kind, code))
            if number == 0:
                for place, (kind, code) in enumerate(
                    (("begin", ""), ("", 'TOC \\o "1-1" \\h'), ("separate", "")), start=1
                ):
                    line.insert(place, field(kind, code))
            if part is chapters[-1]:
                line.append(field("end", ""))

    def text(self, words: dict[str, str], *, style: str = "Normal") -> None:
        if words["text"]:
            self._line([run(words["text"])], style=style, direction=words["direction"])

    def heading(self, part: dict[str, Any]) -> None:
        line = self._line(
            [run(part["words"]["text"])], style=f"Heading {part['level']}", direction=part["words"]["direction"]
        )
        if "anchor" in part:
            self.anchors += 1
            line.insert(1, made("bookmarkStart", id=self.anchors, name=part["anchor"]))
            line.append(made("bookmarkEnd", id=self.anchors))

    def paragraph(self, part: dict[str, Any]) -> None:
        style, runs = STYLES[part["style"]], part["runs"]
        if "number" in part:  # each list would need a numbering of its own
            style, runs = "Normal", [run(f"{part['number']}.\u2002"), *runs]
        self._line(runs, style=style, direction=part["direction"])

    def lines(self, part: dict[str, Any]) -> None:
        for line in part["lines"]:
            self.paragraph(line)

    def tiles(self, part: dict[str, Any]) -> None:
        for figure, label in part["tiles"]:
            runs = [run(figure, is_bold=True), run(f"\u2003{label}")]
            self._line(runs, style="Normal", direction=self.content["direction"])

    def table(self, part: dict[str, Any]) -> None:
        found, widths = made("tbl"), part["widths"]
        form = made("tblPr", made("tblStyle", val=self.ids["Table Grid"]), *([made("bidiVisual")] * self.is_rtl))
        form.append(made("tblW", type="pct", w=5000))
        form.append(borders())
        found.append(form)
        total = sum(widths)
        columns = [9184 * width // total for width in widths]  # twentieths of a point; 162 mm have 9184
        found.append(made("tblGrid", *(made("gridCol", w=width) for width in columns)))
        head = [{"text": name, "direction": self.content["direction"]} for name in part["head"]]
        for number, row in enumerate([head, *part["rows"]]):
            line = made("tr", *([made("trPr", made("cantSplit"), made("tblHeader"))] if number == 0 else []))
            for place, words in enumerate(row):
                is_figure = place > 0 and widths[place] == 1
                cell = made("tc", made("tcPr", made("tcW", type="dxa", w=columns[place])))
                cell.append(self._cell(words, is_bold=number == 0, is_figure=is_figure, is_small=len(widths) > MANY))
                line.append(cell)
            found.append(line)
        self.end.addprevious(found)
        self._line([], style="Normal", direction=self.content["direction"])

    def _cell(self, words: dict[str, str], *, is_bold: bool, is_figure: bool, is_small: bool) -> Any:
        line = OxmlElement("w:p")
        shown = run(words["text"], is_bold=is_bold, size=14 if is_small else 18)
        self._fill(line, [shown], style="Normal", direction=words["direction"], is_end=is_figure)
        line.pPr.insert_element_before(made("spacing", after=20, before=20), "w:ind", "w:jc")
        return line

    def _line(self, runs: list[dict[str, Any]], *, style: str, direction: str) -> Any:
        line = OxmlElement("w:p")
        self.end.addprevious(line)
        self._fill(line, runs, style=style, direction=direction)
        return line

    def _fill(self, line: Any, runs: list[dict[str, Any]], *, style: str, direction: str, is_end: bool = False) -> None:
        form = line.get_or_add_pPr()
        form.style = self.ids[style]
        if direction == "rtl":
            form.insert_element_before(made("bidi"), "w:spacing", "w:ind", "w:jc")
        if is_end:
            form.append(made("jc", val="end"))
        for part in runs:
            shown = letters(part, is_rtl=direction == "rtl")
            line.append(self._link(part["link"], shown) if part.get("link") else shown)

    def _link(self, address: str, shown: Any) -> Any:
        if address.startswith("#"):
            return made("hyperlink", shown, anchor=address[1:])
        link = made("hyperlink", shown)
        link.set(qn("r:id"), self.file.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        return link


def run(text: str, *, link: str = "", is_bold: bool = False, size: int = 0) -> dict[str, Any]:
    """A run as documents have it; `size`: in half points, or 0 for that of the style."""
    return {"text": text, "link": link, "is_bold": is_bold, "size": size}


def letters(part: dict[str, Any], *, is_rtl: bool) -> Any:
    """The element of a run."""
    form = made("rPr")
    for is_so, names in ((part.get("is_bold"), ("b", "bCs")), (part.get("is_italic"), ("i", "iCs"))):
        form.extend([made(name) for name in names] if is_so else [])
    if part.get("link"):
        form.append(made("color", val=ACCENT))
    if size := part.get("size"):
        form.extend([made("sz", val=size), made("szCs", val=size)])
    if is_rtl:
        form.append(made("rtl"))
    shown = made("r", form)
    for number, piece in enumerate(part["text"].split("\n")):
        if number:
            shown.append(made("br"))
        text = made("t")
        text.text = piece
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        shown.append(text)
    return shown


def field(kind: str, code: str) -> Any:
    """A run that begins, names or ends a field."""
    if kind:
        return made("r", made("fldChar", fldCharType=kind))
    named = made("instrText")
    named.text = code
    return made("r", named)


def borders() -> Any:
    """Draw lines between rows only."""
    none = [made(side, val="nil") for side in ("top", "start", "bottom", "end")]
    lines = made("insideH", val="single", sz=4, color=HAIRLINE)
    return made("tblBorders", *none, lines, made("insideV", val="nil"))


def made(tag: str, *within: Any, **attributes: str | int) -> Any:
    """An element of WordprocessingML with its attributes."""
    element = OxmlElement(f"w:{tag}")
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), str(value))
    element.extend(within)
    return element


if __name__ == "__main__":
    sys.stdout.buffer.write(Writer(json.load(sys.stdin)).write())
