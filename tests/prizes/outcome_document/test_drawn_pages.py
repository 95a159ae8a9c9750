"""The pages of the Outcome Document as they are drawn: none has a few lines only, and its charts are those of the page of statistics."""

import io
import json
import re

import pikepdf
import pytest
from django.utils import translation
from docx import Document as Docx
from docx.oxml.ns import nsmap

from events.models import Country
from events.shared.pdf import pdf_files
from events.shared.pdf.pdf_files import PdfSource
from prizes.outcome_document import content, versions
from prizes.outcome_document.parts import Cover, DocumentContent, heading, paragraph, table, words
from registration.models import Tally
from registration.sessions.attendance import tally
from tests.factories import (
    NOW,
    ActionLineFactory,
    AttendanceFactory,
    CountryFactory,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
)

pytestmark = [pytest.mark.usefixtures("noon")]
FEWEST = 6  # lines of a page that is not the last one
HEADINGS = {20, 13}  # points
NOTE = "Words that say what is in it. " * 4


def drawn(found):
    return pdf_files.draw(
        PdfSource(versions.CHARTS + versions.TEMPLATE, content=found.json, accessible=True), longest=90
    )


def docx_of(found):
    images = pdf_files.pictures(versions.CHARTS + versions.PICTURES, found.charts, longest=90)
    return Docx(io.BytesIO(pdf_files.drawn_by(versions.WRITING, f"{images}\n{found.json}", longest=90)))


def lines(page):
    """The lines of a page from top to bottom, without its head and foot: how far down, and the largest letters of each."""
    found, stack, down, size = {}, [], 0.0, 0.0
    at = [1.0, 0.0]  # how y is turned into points of the page
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "q":
                stack.append(list(at))
            case "Q":
                at = stack.pop()
            case "cm":
                at = [at[0] * float(operands[3]), at[1] + at[0] * float(operands[5])]
            case "Tf":
                size = float(operands[1])
            case "Tm":
                down = 842 - at[1] - at[0] * float(operands[5])
            case "Tj" | "TJ" if 70 < down < 780:
                place = round(down)
                found[place] = max(size, found.get(place, 0))
    return sorted(found.items())


def pages(file):
    with pikepdf.open(io.BytesIO(file)) as pdf:
        return [lines(page) for page in pdf.pages]


def figures(file):
    """The alternative texts of the figures of a tagged PDF."""
    with pikepdf.open(io.BytesIO(file)) as pdf:
        return [
            str(one.Alt) for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and one.get("/S") == "/Figure"
        ]


def document(parts):
    empty = words("")
    cover = Cover(words("Forum"), "Outcome Document", empty, [], empty, empty, [])
    found = DocumentContent(language="en", direction="ltr", title="Title", contents="Contents", cover=cover)
    found.add(parts)
    return found


def chapters(sizes):
    for size in sizes:
        yield heading(1, f"Chapter of {size} rows")
        yield heading(2, "Table")
        yield paragraph("A note", style="quiet")
        yield table(["Group", "Number"], [[f"Row {n}", "7"] for n in range(size)], widths=[3, 1])
        if notes := size % 11:
            yield heading(2, "Words")
            yield from [paragraph(NOTE)] * notes


@pytest.mark.parametrize("sizes", [range(1, 12), range(20, 50, 3), [9, 1, 44, 2, 3, 1, 90, 5], [1, 1]])
def test_no_page_has_a_few_lines_or_ends_with_a_heading(sizes):
    _cover, *inside = pages(drawn(document(chapters(sizes))))

    assert [number for number, page in enumerate(inside[:-1], start=2) if len(page) < FEWEST] == []
    assert [number for number, page in enumerate(inside, start=2) if page[-1][1] in HEADINGS] == []
    assert len(inside) < 2 * len(sizes) + sum(sizes) / 20  # short chapters share a page


def test_rows_at_the_end_of_a_long_table_stay_together():
    """A table one row longer each time: wherever its pages end, five lines at least (its head, and four rows) go on."""
    parts = [list(chapters([size]))[:4] for size in range(26, 38)]

    last = [pages(drawn(document(some)))[-1] for some in parts]

    assert [len(page) for page in last if len(page) < 5] == []
    assert min(map(len, last)) == 5  # some of them are torn apart there


def test_rows_of_the_docx_are_whole_and_those_at_both_ends_of_a_table_stay_together():
    file = docx_of(document(chapters([3, 20])))

    kept = [
        "".join("k" if row._tr.xpath(".//w:p/w:pPr/w:keepNext") else "." for row in one.rows) for one in file.tables
    ]
    assert kept == ["kkk.", "kkkk" + "." * 13 + "kkk."]
    assert {bool(row._tr.xpath("./w:trPr/w:cantSplit")) for one in file.tables for row in one.rows} == {True}
    notes = [line for line in file.paragraphs if line.text == "A note"]
    assert {line.paragraph_format.keep_with_next for line in notes} == {True}
    assert {file.styles[f"Heading {level}"].paragraph_format.keep_with_next for level in (1, 2, 3)} == {True}
    breaks = [line.text for line in file.paragraphs if line.paragraph_format.page_break_before]
    assert breaks == ["Contents"]


# --- charts ---------------------------------------------------------------------------------------
@pytest.fixture
def forum(db):
    """Sessions in two weeks; many from Mali and Japan, three from Peru, of whom nothing may be told, and eight from Chad."""
    found = ForumFactory(starts="2020-07-01", ends="2020-07-30")
    found.refresh_from_db()
    for days, (codes, number) in enumerate([(("ML", "JP"), 12), (("ML", "JP", "PE", "TD"), 0), (("ML", "JP"), 9)]):
        session = SessionFactory(forum=found, starts=NOW - 7 * (3 - days) * (NOW - NOW.replace(day=NOW.day - 1)))
        session.action_lines.set([ActionLineFactory(code="C2")])
        for code in codes:
            for _n in range(number or {"PE": 3, "TD": 8}.get(code, 6)):
                person = RegistrationFactory(forum=found, country=CountryFactory(code=code))
                AttendanceFactory(registration=person, session=session)
    tally.recount(found, now=NOW)
    return found


def made(forum, language="en"):
    with translation.override(language):
        return content.document(forum, version=1, now=NOW)


def part_of(found, kind):
    return next(part for line in found.sections for part in json.loads(line) if part["kind"] == kind)


def test_map_lines_and_bars_are_those_of_the_page_of_statistics(client, forum):
    page = re.sub(r"\s*(<[^>]*>)\s*", r"\1", client.get("/2020/statistics/").content.decode())
    found = made(forum)

    tiles = [tile for block in part_of(found, "map")["values"]["blocks"] for tile in block["tiles"]]
    squares = re.findall(r'<li(?: class="h(\d)")?><b title="[^"]*" aria-hidden="true">(..)</b>', page)
    assert sorted((str(tile["shade"] or ""), tile["code"]) for tile in tiles) == sorted(squares)
    assert len(tiles) == Country.objects.count()
    numbers = {tile["code"]: tile["number"] for tile in tiles if tile["number"]}
    assert numbers["ML"] == "27"
    assert f'">ML</b><span class="hidden-text">{Country.objects.get(code="ML").name}</span>27' in page
    chart = part_of(found, "line_chart")["values"]
    assert chart["attendances"] in page
    assert chart["people"] in page
    region = next(
        table for line in found.sections for table in json.loads(line) if table["kind"] == "table" and "bars" in table
    )
    drawn_bars = re.findall(r'<rect width="([\d.]+)%"', page.partition('id="by-region"')[2].partition("</table>")[0])
    assert [f"{bar:g}" for bar in region["bars"]] == [f"{float(bar):g}" for bar in drawn_bars]


def test_what_is_hidden_does_not_come_back_through_a_chart(forum):
    """Nobody learns of the three from Peru; nor of what is counted and not yet published (decision 0060)."""
    first = made(forum)
    tiles = {tile["code"]: tile for block in part_of(first, "map")["values"]["blocks"] for tile in block["tiles"]}
    assert tiles["PE"]["number"] in {"", "–"}
    assert tiles["PE"]["shade"] == 0

    Tally.objects.filter(forum=forum, dimension="country").update(attendances=91, people=91)

    assert made(forum).sections == first.sections


@pytest.mark.parametrize("language", ["en", "ar"])
def test_pictures_have_alternative_texts_in_both_files(forum, language):
    found = made(forum, language)
    texts = [part["alt"] for line in found.pictures for part in json.loads(line)]

    docx = docx_of(found)

    assert len(texts) == 2
    assert sorted(figures(drawn(found))) == sorted(texts)
    shown = [one.get("descr") for one in docx.element.body.iter(f"{{{nsmap['wp']}}}docPr")]
    assert shown == texts
    assert len(docx.inline_shapes) == 2
