"""Text that every file, page and database can hold."""

import re

# What XML cannot hold, nor a database: all control characters but tab and new line, half pairs, and two non-characters.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")  # those of Unicode too: readers of calendars part lines there


def clean(text: str) -> str:
    """Text without control characters, line ends as one sign."""
    return CONTROLS.sub("", LINE_ENDS.sub("\n", text))


def line(text: str, *, most: int) -> str:
    """Text on one line with single blanks, no longer than `most` characters."""
    return " ".join(clean(text).split())[:most].rstrip()
