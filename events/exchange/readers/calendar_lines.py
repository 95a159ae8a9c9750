"""The lines of a calendar file: unfolded, and each with its parameters and its value."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from icalendar.parser import Parameters, unescape_backslash

from events.shared.formatting.plain_text import clean
from events.shared.tables.answers import Answers
from events.shared.tables.code_pages import decoded

MAX_PARAMETERS = 2_000
LINE = re.compile(r'([A-Za-z0-9-]+)((?:;(?:"[^"]*"|[^":])*)?):(.*)', re.DOTALL)


@dataclass(slots=True)
class Property:
    """A line of an event: its value as it is written, and its parameters."""

    value: str
    parameters: Parameters = field(default_factory=Parameters)

    def parameter(self, name: str) -> str:
        """A parameter by its name, several values in one; "" where there is none."""
        found = self.parameters.get(name, "")
        return str(found if isinstance(found, str) else ", ".join(found)).strip()


type Event = dict[str, list[Property]]


def unfolded(data: bytes, *, answers: Answers) -> Iterator[tuple[int, str]]:
    """The lines of a calendar with their numbers; one that begins with a blank goes on the one before, byte for byte: a
    character may be torn between the two. Refuses what `code_pages.decoded` does."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        data = decoded(data, answers=answers).encode()
    rows: list[bytearray] = []
    numbers: list[int] = []
    for number, row in enumerate(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"), 1):
        if row[:1] in {b" ", b"\t"} and rows:
            rows[-1] += row[1:]
        elif row.strip():
            rows.append(bytearray(row))
            numbers.append(number)
    return zip(numbers, clean(decoded(b"\n".join(rows), answers=answers)).split("\n"), strict=False)


def parameters_of(text: str) -> Parameters:
    """Those between the name of a line and its colon; none where they cannot be read."""
    try:
        return Parameters.from_ical(text[1:MAX_PARAMETERS]) if text else Parameters()
    except ValueError:
        return Parameters()


def value_of(event: Event, name: str) -> str:
    """The first value of that name, unescaped; "" where there is none."""
    return str(unescape_backslash(event[name][0].value)) if name in event else ""
