import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import exports

RISKY = "=+-@\t\r\n＝＋－＠﹢﹣﹫−"


def read(file: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+41 22", "'+41 22"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("  =1", "'  =1"),
        ("\u00a0＝1", "'\u00a0＝1"),
        ("\0=1", "'=1"),
        ("a\0b", "ab"),
        ("Bamako", "Bamako"),
        ("", ""),
        (None, ""),
        (-5, -5),
        (1.5, 1.5),
        (datetime(2020, 7, 22, tzinfo=UTC), "2020-07-22 00:00:00+00:00"),
    ],
)
def test_safe_cell(value, expected):
    assert exports.safe(value) == expected


def test_csv_bytes_begin_with_a_mark_and_quote():
    file = exports.csv_bytes(["a", "b"], rows=[["x, y", 'say "hi"'], ["é", None]])

    assert file == '\ufeffa,b\r\n"x, y","say ""hi"""\r\né,\r\n'.encode()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.text(RISKY + ' ",;a\0'), min_size=1))
def test_csv_cells_never_begin_a_formula(cells):
    rows = read(exports.csv_bytes(["header"] * len(cells), rows=[cells]))

    assert len(rows) == 2
    assert len(rows[1]) == len(cells)
    for sent, read_back in zip(cells, rows[1], strict=True):
        assert read_back[:1] not in set(RISKY)
        assert read_back.lstrip()[:1] not in set(RISKY)
        assert read_back.removeprefix("'") == sent.replace("\0", "").removeprefix("'")
