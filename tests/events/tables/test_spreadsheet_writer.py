import csv
import io

from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from events.tables import spreadsheet_writer

RISKY = "=+-@\t\r\n＝＋－＠﹢﹣﹫−"


def read(file: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline="")))


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


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.text(RISKY + ' ",;a\0'), min_size=1))
def test_csv_cells_never_begin_a_formula(cells):
    rows = read(spreadsheet_writer.csv_bytes(["header"] * len(cells), rows=[cells]))

    assert len(rows) == 2
    assert len(rows[1]) == len(cells)
    for sent, read_back in zip(cells, rows[1], strict=True):
        assert read_back[:1] not in set(RISKY)
        assert read_back.lstrip()[:1] not in set(RISKY)
        assert read_back.removeprefix("'") == sent.replace("\0", "").removeprefix("'")
