"""Dates in the cells of tables: 07/04/2020 is July in one country and April in another; the whole table tells."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext_noop

SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
MIDNIGHT = re.compile(r"[ T]00:00(?::00)?$")
FIRST_DAYS = re.compile(r"(?:1899-12-3\d|1900-01-0\d) ")  # what a workbook makes of a time without a date
UNCLEAR = gettext_noop(
    "It is not clear whether “%(text)s” begins with the day or with the month: write dates as 2020-07-22"
)


class Dates:
    """Reads the dates of a table in the order that all of them allow. `unclear`: one of them, where it is not clear."""

    def __init__(self, cells: Iterable[str]) -> None:
        found = [match for cell in cells if (match := SLASHES.match(cell))]
        pairs = {(int(match[1]), int(match[2])) for match in found}
        is_day_first = all(month <= 12 for _day, month in pairs)
        is_month_first = all(month <= 12 for month, _day in pairs)
        is_same = all(first == second for first, second in pairs)
        self.order = (3, 2, 1) if is_day_first else (3, 1, 2)
        self.unclear = found[0][0] if found and is_day_first == is_month_first and not is_same else ""

    def read(self, cell: str) -> str:
        """A cell with its date in ISO form; as it is where that is not clear. A time alone loses a workbook's first day."""
        match = SLASHES.match(cell)
        if match and not self.unclear:
            year, month, day = (int(match[n]) for n in self.order)
            return f"{year}-{month:02}-{day:02}{cell[match.end() :]}"
        return FIRST_DAYS.sub("", cell)
