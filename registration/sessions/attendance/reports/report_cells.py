"""What the cells of a report look like, and those that say both when somebody joined and when they left (GoToWebinar)."""

import re
from collections import Counter
from collections.abc import Sequence

from events.shared.tables import dates
from events.shared.tables.cells import meaning
from registration.sessions.attendance.reports import report_zones

SPAN = re.compile(r"(.*?\S) +[-–—] +([^()]*[^() ])(?: *\(([^()]*)\))?")  # “10:02 AM CET - 11:03 AM CET (61 minutes)”
BETWEEN = re.compile(r"(?<=\))[,; ]+(?=\S)")


def in_one(text: str) -> list[tuple[str, str, str]]:
    """The times of joining and of leaving, and the length, of each span of a cell; a cell that is none stands as a time that nobody
    reads, so that it is told."""
    found = [SPAN.fullmatch(part) for part in BETWEEN.split(text)]
    spans = [(one[1], one[2], one[3] or "") for one in found if one]
    return spans if len(spans) == len(found) else [(text, "", "")]


def kind(values: Sequence[str]) -> str:
    """What half of the values of a column look like."""
    kind, count = Counter(map(_kind_of, values)).most_common(1)[0] if values else ("", 0)
    return kind if 2 * count >= len(values) else ""


def _kind_of(value: str) -> str:
    text = dates.plain(value)
    if "@" in text:
        return "address"
    if text.isalpha() and meaning(text, "yes", "no"):
        return "answer"
    if not text.isalpha() and report_zones.named(text):
        return "zone"
    if dates.clock(text):
        return "clock"
    if dates.CLOCK_INSIDE.search(text) or dates.moment(text):
        return "moment"
    if dates.SLASHES.search(text) or dates.day(text):
        return "day"
    return "length" if dates.duration(text) and not dates.MINUTES.fullmatch(text) else ""
