"""What a document is made of, whatever file it becomes: headings, paragraphs, figures and tables, one below the other.

All texts of people pass through here: without what no font can draw, and with the direction of their first strong letter.
"""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from events.shared.formatting import markdown
from events.shared.formatting.markdown import Run
from events.shared.formatting.names import listed
from events.shared.pdf.font_coverage import without_boxes
from events.shared.pdf.text import direction, drawable, written
from registration.statistics import charts
from registration.statistics.charts import Bar
from registration.statistics.tables import PublicTable as PublicTable

type Words = dict[str, str]  # a text, and its direction


@dataclass(frozen=True)
class Heading:
    """`level`: 1 for a chapter, 2 for a session or a table, 3 below it. `anchor`: by which others lead here, or empty."""

    level: int
    words: Words
    anchor: str = ""
    kind: str = "heading"


@dataclass(frozen=True)
class Paragraph:
    """`style`: text, quiet, item or quote; `number`: of an item in a numbered list. A run's link may be `#` and an anchor."""

    runs: Sequence[Run]
    direction: str
    style: str = "text"
    number: int = 0
    kind: str = "paragraph"


@dataclass(frozen=True)
class ShortLines:
    """Short lines that belong together, such as names. They are one paragraph, because each paragraph costs memory."""

    lines: Sequence[Paragraph]
    kind: str = "lines"


@dataclass(frozen=True)
class Tiles:
    """Large figures beside each other, each with what it counts."""

    tiles: Sequence[tuple[str, str]]
    kind: str = "tiles"


@dataclass(frozen=True)
class DocumentTable:
    """`widths`: the shares of the columns; those of 1 hold figures, which stand at the end of their column. `bars`: the length of a bar
    before the second cell of each row, in percent; `shades`: those of the cells after the first of each row, 0 to 5."""

    head: Sequence[str]
    rows: Sequence[Sequence[Words]]
    widths: Sequence[int]
    bars: Sequence[float] = ()
    shades: Sequence[Sequence[int]] = ()
    kind: str = "table"


@dataclass(frozen=True)
class Picture:
    """What Typst draws of the `values` of a chart: `map` or `line_chart`. `alt`: what it says, in words."""

    kind: str
    alt: str
    values: dict[str, Any]


type Part = Heading | Paragraph | ShortLines | Tiles | DocumentTable | Picture


@dataclass(frozen=True)
class Cover:
    """The first page: the forum, what this is, lines below it, how the chair's message begins and who that is, and what should be known
    of the figures. On top the `weave` of the edition (SVG) on its `ground`."""

    forum: Words
    name: str
    theme: Words
    lines: Sequence[Words]
    message: Words
    chair: Words
    notes: Sequence[str]
    weave: str = ""
    ground: str = ""


@dataclass
class DocumentContent:
    """All that the files are made of; `language`: a code; `direction`: that of its own words. Its parts are written at once, from each
    chapter or session to the next one a line of JSON: thousands of parts are never held together."""

    language: str
    direction: str
    title: str
    contents: str
    cover: Cover
    sections: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    chapters: int = 0

    def add(self, parts: Iterable[Part]) -> None:
        """Write all its parts. The first one is the heading of a chapter."""
        section: list[Part] = []
        for part in parts:
            if isinstance(part, Heading) and part.level < 3 and section:
                self.sections.append(_written(section))
                section = []
            section.append(part)
            self.chapters += isinstance(part, Heading) and part.level == 1
            if isinstance(part, Picture):
                self.pictures.append(_written([part]))
        self.sections.append(_written(section))

    @property
    def frame(self) -> str:
        """All but the parts, as JSON."""
        return _written({**vars(self), "sections": None, "pictures": None})

    @property
    def json(self) -> str:
        """It as lines of JSON: the frame, then each section. Who reads one need not hold the others."""
        return "\n".join((self.frame, *self.sections))

    @property
    def charts(self) -> str:
        """The same of its pictures alone."""
        return "\n".join((self.frame, *self.pictures))


def _written(values: Any) -> str:
    """As JSON, without the empty values of parts."""
    return json.dumps(
        values, default=lambda part: {key: value for key, value in vars(part).items() if value not in ("", 0, ())}
    )


# --- making them ----------------------------------------------------------------------------------
def words(text: str) -> Words:
    """A text in one line."""
    shown = written(without_boxes(text))
    return shown | {"direction": _turn(shown["text"])}


def _turn(text: str) -> str:
    """The direction of a text: that of its first strong letter; right to left in a document of that direction wherever there is
    a letter of it, for our own words may begin with a code or a name in Latin letters."""
    is_mixed = get_language_bidi() and any(unicodedata.bidirectional(sign) in {"R", "AL"} for sign in text)
    return "rtl" if is_mixed else direction(text)


def apart(sign: str = "\u2003") -> str:
    """What stands between two facts in a line. From right to left with a mark: Latin letters on both sides would swap them."""
    return f"\u200f{sign}" if get_language_bidi() else sign


def heading(level: int, text: str, *, anchor: str = "") -> Heading:
    return Heading(level, words(text), anchor)


def paragraph(*runs: Run | str, style: str = "text", number: int = 0) -> Paragraph:
    """A paragraph of runs, or of plain texts; its direction is that of all of it."""
    given = [run if isinstance(run, Run) else Run(run) for run in runs]
    shown = [replace(run, text=drawable(without_boxes(run.text))) for run in given if run.text]
    return Paragraph(shown, _turn("".join(run.text for run in shown)), style, number)


def prose(text: str) -> Iterator[Part]:
    """The paragraphs of a Markdown text; its headings are bold lines, so that the document's own order holds."""
    for block in markdown.blocks(text):
        if block.kind == "heading":
            yield paragraph(*(replace(run, is_bold=True) for run in block.runs))
        else:
            yield paragraph(*block.runs, style=block.kind, number=block.number)


def number(value: int) -> str:
    """With the thousands parted as the language does."""
    return number_format(value, force_grouping=True)


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    widths: Sequence[int],
    bars: Sequence[float] = (),
    shades: Sequence[Sequence[int]] = (),
) -> DocumentTable:
    return DocumentTable(head, [[words(cell) for cell in row] for row in rows], widths, bars, shades)


def share(part: int, *, total: int) -> str:
    """A part of a total in percent, to the tenth."""
    tenths = charts.share(10 * part, total=total) / 10
    return _("%(number)s%%") % {"number": number_format(tenths, decimal_pos=1)}


def counted(
    name: str, chart: tuple[PublicTable, Sequence[Bar]], *, has_people: bool = True, above: Iterable[Part] = ()
) -> Iterator[Part]:
    """A public table with its bars as they stand on the page of statistics, with shares of the total to the tenth; nothing where it is
    empty. What is not shown is named in one paragraph below it.

    `has_people`: else one number is counted only. `above`: what stands between the heading and the table.
    """
    found, bars = chart
    if not found.rows and not found.is_withheld:
        return
    yield heading(2, name)
    yield from above
    if found.is_withheld:
        yield paragraph(
            _("So few people were there that this table would tell who they are. It is not shown."), style="quiet"
        )
        return
    numbers = [_("Attendances"), _("Share"), _("Different people")] if has_people else [_("Number"), _("Share")]
    rows, widths = [], []
    for bar in bars:
        if bar.number is not None:
            cells = [bar.label, number(bar.number), share(bar.number, total=found.total.attendances)]
            rows.append([*cells, *([number(bar.people or 0)] if has_people else [])])
            widths.append(bar.width)
    if rows:
        yield table([_("Group"), *numbers], rows, widths=[3, *[1] * len(numbers)], bars=widths)
    if hidden := [bar.label for bar in bars if bar.number is None]:
        yield paragraph(_("Not shown: %(groups)s.") % {"groups": listed(hidden)}, style="quiet")
