import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from events.shared.tables import spreadsheet_writer

RISKY = "=+-@\t\r\n＝＋－＠﹢﹣﹫−"


def read(file: bytes, **form) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline=""), **form))


def test_csv_bytes_begin_with_a_mark_and_quote():
    file = spreadsheet_writer.csv_bytes(["a", "b"], rows=[["x, y", 'say "hi"'], ["é", None]])

    assert file == '\ufeffa,b\r\n"x, y","say ""hi"""\r\né,\r\n'.encode()


def test_workbook_holds_what_a_spreadsheet_shows_and_never_runs():
    row = ["=1+1", "  spaces ", "a\r\nb", "x\x00\x0b\ufffe\ud800&<>", "", None, 7, 1.5, True, "é" * 40_000]
    header = [f"column {n}" for n in range(30)]

    rows = list(
        load_workbook(io.BytesIO(spreadsheet_writer.xlsx_bytes(header, rows=[row]))).active.iter_rows(values_only=True)
    )

    assert list(rows[0]) == header
    assert list(rows[1])[:10] == ["'=1+1", "  spaces ", "a\nb", "x&<>", None, None, 7, 1.5, 1, "é" * 32_767]


def test_moments_in_workbooks_are_times_with_their_offset_in_words():
    zone = ZoneInfo("Europe/Zurich")
    row = [
        datetime(2020, 7, 22, 14, 30, tzinfo=zone),
        "2020-07-22T12:30:00+00:00",
        "2020-07-22 14:30",
        datetime(2020, 10, 25, 2, 30, tzinfo=zone, fold=1),  # the second half past two of that night
        "2020-13-22T12:30Z",
        "On 2020-07-22T12:30Z",
    ]

    head, cells = load_workbook(io.BytesIO(spreadsheet_writer.xlsx_bytes(row, rows=[row]))).active.iter_rows()

    afternoon, noon = datetime(2020, 7, 22, 14, 30), datetime(2020, 7, 22, 12, 30)  # noqa: DTZ001  as workbooks have them
    assert [cell.value for cell in cells] == [afternoon, noon, afternoon, "2020-10-25T02:30+01:00", *row[4:]]
    assert [cell.number_format[16:] for cell in cells[:3]] == [' "+02:00"', ' "UTC"', ""]
    assert head[0].value == "2020-07-22T14:30+02:00"
    assert read(spreadsheet_writer.csv_bytes(["at"], rows=[row[:1]]))[1] == ["2020-07-22T14:30+02:00"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.text(RISKY + ' ",;a\0'), min_size=1))
@example(["Ada;=cmd|' /C calc'!A0;"])
@example(["a", '"x;"=1+1;\n=2'])
def test_csv_cells_never_begin_a_formula(cells):
    """Not where a spreadsheet takes semicolons or tabs for the ends of cells either."""
    file = spreadsheet_writer.csv_bytes(["header"] * len(cells), rows=[cells])

    rows = read(file)
    assert len(rows) == 2
    assert [cell.replace("'", "") for cell in rows[1]] == [cell.replace("\0", "").replace("'", "") for cell in cells]
    assert all(cell[:1] not in set(RISKY) for cell in rows[1])
    for row in [*rows, *read(file, delimiter=";"), *read(file, delimiter="\t")]:
        assert all(cell.lstrip()[:1] not in set(RISKY) for cell in row)
