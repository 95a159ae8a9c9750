"""Files of any spreadsheet: delimiters, workbooks, limits."""

import io
import re
import zipfile
from datetime import datetime
from datetime import time as clock
from functools import partial

import pytest
from django.core.exceptions import ValidationError

from events.exchange.readers import file_formats
from events.shared.tables import spreadsheet_reader
from events.shared.tables.answers import Answers
from tests.events.shared.tables.files import workbook
from tests.refusals import refused

read = partial(spreadsheet_reader.read, answers=Answers())


@pytest.mark.parametrize(
    ("data", "rows", "first"),
    [
        (b'a;b\r\n"1;2";3,4\r\n', [["a", "b"], ["1;2", "3,4"]], 1),
        (b"a\tb\n1\t2", [["a", "b"], ["1", "2"]], 1),
        (b"sep=|\r\na|b\r\n1,2|3;4\r\n", [["a", "b"], ["1,2", "3;4"]], 2),
        (b'sep="\r\na;b\r\n', [['sep="'], ["a;b"]], 1),
        (
            b'="a",b\n="Conway, Radia",2\n"=""Lamarr, Hedy""",3',
            [["a", "b"], ["Conway, Radia", "2"], ["Lamarr, Hedy", "3"]],
            1,
        ),
        (b"", [], 1),
    ],
)
def test_delimiter_is_found(data, rows, first):
    (table,) = read(data)

    assert (table.rows, table.first) == (rows, first)


def test_sheets_of_a_workbook_are_text():
    starts = datetime(2020, 6, 23, 10)  # noqa: DTZ001  as Excel has it
    tables = read(workbook(A=[["a", None, "b"], [starts, 7.0]], Empty=[], B=[[clock(9)]]))

    assert [(table.name, table.rows) for table in tables] == [
        ("A", [["a", "", "b"], ["2020-06-23 10:00", "7"]]),
        ("B", [["09:00:00"]]),
    ]


def test_columns_are_known_by_folded_names_and_stand_where_the_first_of_two_does():
    known = {"fullname": "name", "name": "name", "country": "country"}
    table = spreadsheet_reader.Table([["Full_Name", "", "COUNTRY:", "name", "Colour"], ["Ada", "x", "ML"], [], ["Bob"]])

    assert table.columns(known) == {"name": 0, "country": 2}
    assert [key for key, _name in table.keys] == ["fullname", "", "country", "name", "colour"]
    meant = {"fullname": "name", "country": "country"}
    assert list(table.records(meant)) == [(2, {"name": "Ada", "country": "ML"}), (4, {"name": "Bob", "country": ""})]


def test_table_that_is_too_long_or_damaged_is_refused(monkeypatch):
    for data in (b"a\n1\n2\n3", workbook(A=[["a"]] * 4)):
        assert refused(read, data, most_rows=2) == "too-many-rows"
    assert {refused(read, data) for data in (b"PK\x03\x04 rubbish", b'title\n"' + b"a" * 200_000)} == {"broken"}
    monkeypatch.setattr(spreadsheet_reader, "MAX_ALL_ROWS", 3)
    assert refused(read, workbook(A=[["a"]] * 2, B=[["b"]] * 2)) == "too-large"


def csv_broken_behind(rows):
    return b"name\n" + b"Awa\n" * rows + b'"' + b"x" * 200_000


def workbook_broken_behind(rows):
    """The XML of the sheet breaks off behind its last row."""
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>a</t></is></c></row>' for n in range(1, rows + 1))
    source, made = zipfile.ZipFile(io.BytesIO(workbook(A=[["a"]]))), io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("sheet1.xml"):
                data = data[: data.index(b"<row")] + cells.encode() + b"<row"
            packed.writestr(name, data)
    return made.getvalue()


@pytest.mark.parametrize("broken_behind", [csv_broken_behind, workbook_broken_behind])
def test_100_000_rows_are_refused_while_they_are_read(broken_behind):
    """What stands behind the first row too many is never looked at."""
    assert refused(read, broken_behind(100_000)) == "too-many-rows"
    assert refused(read, broken_behind(6_000), most_rows=10_000) == "broken"


def test_table_of_too_many_columns_is_refused_and_empty_ones_do_not_count():
    with pytest.raises(ValidationError) as refusal:
        read(b"a," * 200_000 + b"b\n" + b"1," * 300 + b"2")
    (table,) = read(b"a," * 300 + b"," * 200_000 + b"\n")

    assert refusal.value.code == "too-many-columns"
    assert sum(map(bool, table.rows[0])) == 300


@pytest.mark.parametrize("parts", [{"xl/bomb.xml": 61_000_000}, {f"xl/{number}.xml": 0 for number in range(501)}])
def test_workbook_that_would_unpack_to_too_much_is_not_unpacked(parts):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, size in parts.items():
            packed.writestr(name, bytes(size))

    assert refused(read, made.getvalue()) == "too-large"


def with_last_row(data, number):
    """A workbook whose first sheet says that it reaches to a row, and has an empty one there, with a format."""
    source, made = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in source.namelist():
            text = source.read(name)
            if name.endswith("sheet1.xml"):
                text = text.replace(
                    b"</sheetData>", b'<row r="%d"><c r="A%d" s="1"/></row></sheetData>' % (number, number)
                )
                text = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD%d"' % number, text)
            packed.writestr(name, text)
    return made.getvalue()


@pytest.mark.parametrize("number", [3, 6_000, 1_048_576])
def test_rows_of_a_sheet_are_those_that_hold_something_whatever_it_says(number):
    data = with_last_row(workbook(A=[["a"], *[[n] for n in range(15)]]), number)

    (table,) = read(data)

    assert [row for row in table.rows if row] == [["a"], *[[str(n)] for n in range(15)]]
    assert len(table.rows) == 16


def test_empty_lines_at_the_end_of_a_csv_are_no_rows_and_gaps_keep_their_numbers():
    (table,) = read(b"a;b\n1;2\n;\n\n3;4\n" + b";\n" * 6_000)

    assert table.rows == [["a", "b"], ["1", "2"], [], [], ["3", "4"]]


def open_document():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("content.xml", "<office/>")
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "name"), [(open_document(), ".ods"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xls")]
)
def test_table_of_another_kind_is_refused_by_its_name(data, name):
    for reader in (read, partial(file_formats.read, forum=None, answers=Answers())):
        with pytest.raises(ValidationError) as refusal:
            reader(data)
        assert (refusal.value.code, name in refusal.value.message) == ("other-format", True)
