"""Workbooks for tests."""

import io

from openpyxl import Workbook


def workbook(*, hidden=(), **sheets):
    """The bytes of a workbook of sheets by name, each a list of rows; some are `hidden`."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
