"""DOCX by python-docx, in a process of its own: lines of JSON come in, a file goes out: the pictures of a document, its frame and its
sections (prizes.outcome_document.parts). It knows nothing of the site.

It writes the XML elements itself: python-docx would search the styles for each paragraph, and the whole table for each cell.
"""

import json
import sys
from base64 import b64decode
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import nsmap, qn
from docx.shared import Mm, Pt, RGBColor

ACCENT, INK, QUIET, HAIRLINE = "2B2FBF", "15172B", "4B4E68", "D6D8E5"
SHADES = ("", "E8E9FB", "C3C5F3", "9A9DE8", "5356CC", ACCENT)
FONT = "Arial"  # every office program has it, or one of its widths, with Arabic letters
SIZES = {"Title": 34, "Heading 1": 20, "Heading 2": 13, "Heading 3": 10}
KINDS = {"map": "picture", "line_chart": "picture"}
STYLES = {"text": "Normal", "quiet": "Quiet", "item": "List Bullet", "quote": "Quote"}
MANY = 12  # columns, from which on letters are small
TAIL = 4  # rows of a table that stay together at its beginning and its end; one of so many twice is not torn apart
BAR = 2  # the share of the column of bars
CHAPTERS = 6  # from more than so many on the contents are long
MARGIN = 108  # twentieths of a point on both sides of a cell, what office programs take


class Writer:
    """A document under way; what is added goes below the rest."""

    def __init__(self, content: dict[str, Any], *, pictures: list[str]) -> None:
        self.content, self.pictures, self.is_rtl = content, pictures, content["direction"] == "rtl"
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
        styles["Heading 1"].paragraph_format.space_before = Pt(36)
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
            line = part.part.element.p_lst[0]
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
        before = ""
        for part in self.content["parts"]:
            getattr(self, KINDS.get(part["kind"], part["kind"]))(part)
            if (before == "heading" and part.get("style") == "quiet") or part["kind"] in KINDS:
                self.end.getprevious().get_or_add_pPr().get_or_add_keepNext()  # no page ends with a heading and its line
            before = part["kind"]
        found = BytesIO()
        self.file.save(found)
        return found.getvalue()

    def _contents(self) -> None:
        """The contents, a field that office programs update: a link to each chapter, with its page. LibreOffice knows the pages; Word
        asks whether to fill them in as it opens the file."""
        self.text({"text": self.content["contents"], "direction": self.content["direction"]}, style="Heading 1")
        self.end.getprevious().pPr.get_or_add_pageBreakBefore()
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
            if self.anchors == 1 and self.content["chapters"] > CHAPTERS:
                line.pPr.get_or_add_pageBreakBefore()  # long contents have a page of their own
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
        found, widths, bars = made("tbl"), part["widths"], part.get("bars")
        form = made("tblPr", made("tblStyle", val=self.ids["Table Grid"]), *([made("bidiVisual")] * self.is_rtl))
        form.append(made("tblW", type="pct", w=5000))
        form.append(borders())
        found.append(form)
        shares = [widths[0], *([BAR] if bars else []), *widths[1:]]
        columns = [int(9184 * share / sum(shares)) for share in shares]  # twentieths of a point; 162 mm have 9184
        found.append(made("tblGrid", *(made("gridCol", w=width) for width in columns)))
        head = [{"text": name, "direction": self.content["direction"]} for name in part["head"]]
        rows, size = [head, *part["rows"]], 14 if len(widths) > MANY else 18
        for number, row in enumerate(rows):
            form = made("trPr", made("cantSplit"), *([made("tblHeader")] if number == 0 else []))
            shades = part["shades"][number - 1] if number and "shades" in part else [0] * len(row)
            from_end = len(rows) - 1 - number
            is_kept = from_end > 0 and (number < TAIL or from_end < TAIL)
            cells = []
            for place, words in enumerate(row):
                is_figure = place > 0 and widths[place] == 1 and not (bars and place == 1 and number == 0)
                shade = SHADES[shades[place - 1]] if place else ""
                shown = run(words["text"], is_bold=number == 0, size=size, is_light=shade in SHADES[4:])
                cell = self._cell([shown], is_figure=is_figure, is_kept=is_kept, direction=words["direction"])
                cells.append((cell, shade))
            if bars and number:
                cells.insert(1, (self._bar(bars[number - 1], width=columns[1], is_kept=is_kept), ""))
            found.append(made("tr", form, *placed(cells, columns)))
        self.end.addprevious(found)
        self._line([], style="Normal", direction=self.content["direction"])

    def _cell(self, runs: list[dict[str, Any]], *, is_figure: bool, is_kept: bool, direction: str) -> Any:
        line = OxmlElement("w:p")
        self._fill(line, runs, style="Normal", direction=direction, is_end=is_figure, is_kept=is_kept)
        line.pPr.insert_element_before(made("spacing", after=20, before=20), "w:ind", "w:jc")
        return line

    def _bar(self, share: float, *, width: int, is_kept: bool) -> Any:
        """An empty line whose ground is the bar: it ends where its indentation begins."""
        line = self._cell([], is_figure=False, is_kept=is_kept, direction=self.content["direction"])
        spacing = line.pPr.find(qn("w:spacing"))
        line.pPr.insert_element_before(made("shd", val="clear", color="auto", fill=ACCENT), "w:bidi", "w:spacing")
        spacing.addnext(made("ind", end=int((width - 2 * MARGIN) * (1 - share / 100))))
        for name, value in (("before", 60), ("line", 160), ("lineRule", "exact")):
            spacing.set(qn(f"w:{name}"), str(value))
        return line

    def picture(self, part: dict[str, Any]) -> None:
        self.file.add_picture(BytesIO(b64decode(self.pictures.pop(0))), width=Mm(162))
        (form,) = self.end.getprevious().iter(f"{{{nsmap['wp']}}}docPr")
        form.set("descr", part["alt"])

    def _line(self, runs: list[dict[str, Any]], *, style: str, direction: str) -> Any:
        line = OxmlElement("w:p")
        self.end.addprevious(line)
        self._fill(line, runs, style=style, direction=direction)
        return line

    def _fill(
        self,
        line: Any,
        runs: list[dict[str, Any]],
        *,
        style: str,
        direction: str,
        is_end: bool = False,
        is_kept: bool = False,
    ) -> None:
        form = line.get_or_add_pPr()
        form.style = self.ids[style]
        if is_kept:
            form.append(made("keepNext"))
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


def run(text: str, *, link: str = "", is_bold: bool = False, size: int = 0, is_light: bool = False) -> dict[str, Any]:
    """A run as documents have it; `size`: in half points, or 0 for that of the style; `is_light`: on a dark ground."""
    return {"text": text, "link": link, "is_bold": is_bold, "size": size, "is_light": is_light}


def placed(cells: list[tuple[Any, str]], columns: list[int]) -> list[Any]:
    """The cells of a row from their lines and shades. Where there are fewer than columns, the second one has two."""
    missing, found = len(columns) - len(cells), []
    for place, (line, shade) in enumerate(cells):
        form = made("tcPr", made("tcW", type="dxa", w=columns[place + (missing if place > 1 else 0)]))
        if missing and place == 1:
            form.append(made("gridSpan", val=2))
        if shade:
            form.append(made("shd", val="clear", color="auto", fill=shade))
        found.append(made("tc", form, line))
    return found


def letters(part: dict[str, Any], *, is_rtl: bool) -> Any:
    """The element of a run."""
    form = made("rPr")
    for is_so, names in ((part.get("is_bold"), ("b", "bCs")), (part.get("is_italic"), ("i", "iCs"))):
        form.extend([made(name) for name in names] if is_so else [])
    if part.get("link") or part.get("is_light"):
        form.append(made("color", val=ACCENT if part.get("link") else "FFFFFF"))
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
    drawn, frame, *sections = map(json.loads, sys.stdin)
    frame["parts"] = [part for section in sections for part in section]
    sys.stdout.buffer.write(Writer(frame, pictures=drawn).write())
