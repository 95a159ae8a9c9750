"""Lengths of time as people write them: “1 day”, “90 minutes”."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

DAY, HOUR = 24 * 60, 60
PIECE = re.compile(r"(\d{1,5})\s*(?:(\w)\S*)?")


def length_of(minutes: int) -> str:
    """A number of minutes in the largest unit that divides it: “2 days”, “3 hours”, “90 minutes”."""
    if minutes % DAY == 0:
        return ngettext("%(n)s day", "%(n)s days", minutes // DAY) % {"n": minutes // DAY}
    if minutes % HOUR == 0:
        return ngettext("%(n)s hour", "%(n)s hours", minutes // HOUR) % {"n": minutes // HOUR}
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}


def lengths_of(minutes: list[int]) -> str:
    """Several lengths in one line: “1 day, 1 hour”."""
    return _(", ").join(map(length_of, minutes))


def minutes_of(text: str) -> list[int]:
    """The minutes that each of several lengths has, with commas between them. A unit may be short (“2 d”, “1 h”); a bare number
    counts minutes. Refuses (`no-length`) what is none."""
    # What a language says without a number (“an hour”), and how its units begin.
    said = {length_of(unit * number): unit * number for unit in (DAY, HOUR, 1) for number in (1, 2)}
    units = {"d": DAY, "h": HOUR, "m": 1, None: 1} | {
        length_of(unit * 11).partition(" ")[2][:1]: unit for unit in (DAY, HOUR, 1)
    }
    found = []
    for piece in re.split("[,،;]", text):
        words = piece.strip(" []").casefold()
        if not words:
            continue
        match = PIECE.fullmatch(words)
        minutes = said.get(words) or (match and match[2] in units and int(match[1]) * units[match[2]])
        if not minutes:
            raise ValidationError(
                _("“%(words)s” is no length of time. Enter such as: 1 day, 1 hour, 30 minutes"),
                code="no-length",
                params={"words": piece.strip()},
            )
        found.append(minutes)
    return found
