"""In which unit the bare numbers of a column of lengths are: 3,600 may be seconds, and 0.0417 what Excel makes of an hour."""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from statistics import median
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.shared.tables import dates
from events.shared.tables.answers import Answers, OpenQuestion, Reading

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
UNITS = [
    (MINUTE, gettext_lazy("in minutes")),
    (SECOND, gettext_lazy("in seconds")),
    (HOUR, gettext_lazy("in hours")),
    (DAY, gettext_lazy("in days, or parts of a day")),
]
BARE = re.compile(r"\d{1,6}(?:[.,]\d+)?|\d{1,3}(?:[.,'’ ]\d{3})+")
GROUPED = re.compile(r"[1-9]\d{0,2}(?:[.,'’ ]\d{3})+|\d{1,3}")
SURELY_GROUPED = re.compile(r"\d+['’ ].*|\d+(?:[.,]\d{3}){2,}")
LIKE = 3  # times as long, or as short, as from start to end, at the most: units are 24 times each other at least
EXAMPLES = 3

type Cell = tuple[
    str, timedelta | None
]  # a length as it stands there, and the time from start to end where the row says both


class _InUnit(NamedTuple):
    """A way to read bare numbers. `has_thousands`: a comma or a dot before three digits parts thousands."""

    unit: timedelta
    words: str
    has_thousands: bool

    @property
    def value(self) -> str:
        return f"{self.unit.total_seconds():.0f}{',' * self.has_thousands}"

    def of(self, text: str) -> timedelta:
        has_thousands = self.has_thousands or SURELY_GROUPED.fullmatch(text)
        return float(re.sub("[.,'’ ]", "", text) if has_thousands else text.replace(",", ".")) * self.unit


class Lengths:
    """The lengths of a column. `is_told`: nothing but their size says that they are minutes, such as `example`."""

    def __init__(
        self,
        cells: Iterable[Cell],
        *,
        unit: timedelta | None,
        usual: tuple[timedelta, timedelta],
        answers: Answers,
        of: str = "",
    ) -> None:
        """`unit`: what the header says; `usual`: between which lengths the middle one is, where no row says when it began and ended;
        `of`: which column, where there are several. Refuses `unclear-unit` (`answers.OpenQuestion`): in the unit that the header
        says, or in minutes, they are not as long as they should be."""
        bare = [(text, span) for cell, span in cells if BARE.fullmatch(text := dates.plain(cell)) and text.strip("0.,")]
        texts = [text for text, _span in bare]
        ways, key = _ways(texts), f"length:{of}:{unit or ''}"
        fitting, has_spans = _fitting(ways, bare, usual=usual), any(span for _text, span in bare)
        meant = [way for way in ways if way.unit == (unit or MINUTE)]
        sure = [way for way in fitting if way in meant] or (fitting if has_spans and unit is None else [])
        if unit and not fitting:  # nothing speaks against what the header says
            sure = meant
        chosen = [way for way in ways if way.value == answers.names.get(key)] or sure
        if texts and len(chosen) != 1:
            words = _("It is not clear in which unit the lengths are, such as “%(text)s”. Say how long they are")
            readings = _readings([*fitting, *ways], texts)
            raise OpenQuestion(words % {"text": texts[0]}, code="unclear-unit", key=key, readings=readings)
        self.way = (chosen or meant)[0]
        self.is_told = bool(texts) and chosen is sure and unit is None and not has_spans
        self.example = next(iter(texts), "")

    def of(self, cell: str) -> timedelta | None:
        """How long a cell says; None for what is no length."""
        text = dates.plain(cell)
        return self.way.of(text) if BARE.fullmatch(text) else dates.duration(text, unit=self.way.unit)


def _ways(texts: Sequence[str]) -> list[_InUnit]:
    """In which ways all of some numbers may be read. Where a comma or a dot stands before exactly three digits in each, these are
    thousands in seconds, and may be in minutes."""
    may_group = all(map(GROUPED.fullmatch, texts)) and not all(map(str.isdigit, texts))
    is_sure = may_group and any(map(SURELY_GROUPED.fullmatch, texts))
    grouped = {SECOND: [True], MINUTE: [False, True]} if may_group and not is_sure else {}
    return [_InUnit(unit, str(words), one) for unit, words in UNITS for one in grouped.get(unit, [is_sure])]


def _fitting(ways: Sequence[_InUnit], cells: Sequence[Cell], *, usual: tuple[timedelta, timedelta]) -> list[_InUnit]:
    """In which of these ways most lengths are like the time from start to end, or where none is said as `usual`."""
    spans = [(text, span) for text, span in cells if span and span >= MINUTE]
    if spans:
        return [way for way in ways if 1 / LIKE <= median(way.of(text) / span for text, span in spans) <= LIKE]
    middle = {
        way: timedelta(seconds=median(way.of(text).total_seconds() for text, _span in cells or [("0", None)]))
        for way in ways
    }
    return [way for way in ways if usual[0] <= middle[way] <= usual[1]]


def _readings(ways: Iterable[_InUnit], texts: Sequence[str]) -> list[Reading]:
    shown = list(dict.fromkeys(texts))[:EXAMPLES]
    return [
        Reading(way.value, way.words, [f"{text} = {_clock(way.of(text))}" for text in shown])
        for way in dict.fromkeys(ways)
    ]


def _clock(length: timedelta) -> str:
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
