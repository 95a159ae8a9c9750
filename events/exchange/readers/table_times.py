"""When the sessions of a table are: on which day, where that stands in a row of its own, and in which half of the day, where nobody
wrote it. What is not certain is asked."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time, timedelta
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.exchange.readers.records import Programme
from events.models import Forum
from events.shared.formatting.plain_text import line
from events.shared.tables import dates
from events.shared.tables.answers import EACH, Answers, OpenQuestion, Questions, Reading

MARK = re.compile(r"(?<![^\W\d_])[ap]m(?![^\W\d_])", re.IGNORECASE)
SPAN = re.compile(  # “10:00–11:30”, “10 Uhr bis 11.30 Uhr”
    r"(.*\d[^-–—~]*?)\s*(?:[-–—~〜至到]|\b(?:to|bis|à|a|до)\b|إلى)\s*(\d[^-–—~]{0,20})", re.IGNORECASE
)
ISO = re.compile(r"\dT\d")  # what a program writes, on a clock of 24 hours
LONGEST_SPAN = 200  # characters: of longer cells the search takes minutes
NOON, HALF_A_DAY = time(12), timedelta(hours=12)
EARLY, MORNING = time(7), time(9)  # before them few sessions begin: none, by day, and few that are not breakfasts
LONGEST = 10  # hours of a session
ALONE = 2  # cells that a row of a day has, or a heading
MOST_DAYS = 31
YEARS = 3
HEADING, WITHOUT, NEXT, NONE = "heading", "session", "next", "none"
YEAR_OF_DATES = "year:dates"

type Row = dict[str, str]
type Placed = tuple[str, Row]  # where it stands in the file


def parted(text: str) -> Row:
    """“10:00–11:30” as start and end."""
    span = SPAN.fullmatch(dates.plain(text)) if len(text) < LONGEST_SPAN else None
    return {"starts": span[1].strip(), "ends": span[2].strip()} if span and dates.clock(span[2]) else {}


# --- days ------------------------------------------------------------------------------------------
class Days:
    """Reads the days of a file that stand alone: in rows, in columns of dates and as names of sheets. `texts`: all that may be one."""

    def __init__(
        self, texts: Iterable[str], *, forum: Forum | None, today: date | None, programme: Programme, answers: Answers
    ) -> None:
        """Refuses `unclear-year` (`OpenQuestion`) where nothing says of which year they are."""
        self.programme, self.questions = programme, Questions(answers)
        self.near = forum.starts if forum else None
        length = (forum.ends - forum.starts).days + 1 if forum else 0
        self.known = {forum.starts + timedelta(days=n) for n in range(min(length, MOST_DAYS))} if forum else set()
        self.near = self.near or _year_told(list(texts), today=today, answers=answers)

    def of_cell(self, text: str, *, where: str) -> str:
        """The day of a cell in ISO form, where it is one; as it stands there where it is not clear."""
        found = dates.day_inside(text, near=self.near)
        if dates.day_alone(text) or found is None or dates.SLASHES.search(text):
            return text
        if len(found.days) == 1:
            return self._is(found.days[0])
        chosen = self._choose(text, key=f"day:{line(text, most=80).casefold()}", days=found.days, above="", where=where)
        return chosen or text

    def of_row(
        self, cells: Sequence[str], *, above: str, is_above_times: bool, is_repeated: bool, where: str
    ) -> str | None:
        """The day that a row of few cells gives to those below it: the one `above` under a heading, "" where it is not clear.
        None for a row that is a session."""
        texts = [cell for cell in cells if not (dates.clock(cell) or parted(cell))]
        text = " ".join(texts)
        if not texts or len(cells) > ALONE:
            return None
        if dates.SLASHES.fullmatch(text):
            return text
        alone = dates.day_alone(text)
        found = dates.day_inside(text, near=self.near)
        days = [alone] if alone else found.days if found else []
        has_rest = bool(not alone and found and found.has_rest)
        if len(days) == 1 and not (has_rest and len(cells) > 1):
            if has_rest:
                words = _("“%(text)s” is read as the day of the sessions below it")
                self.programme.note(where, words % {"text": text[:80]})
            return self._is(days[0])
        if len(texts) < len(cells) or not (is_above_times or found):
            return None
        key = f"row:{line(text, most=80).casefold()}" if is_repeated else f"row:{where}"
        return self._choose(text, key=key, days=days, above=above, where=where, is_row=True, is_repeated=is_repeated)

    def _is(self, day: date) -> str:
        self.known.add(day)
        return day.isoformat()

    def _choose(
        self,
        text: str,
        *,
        key: str,
        days: Iterable[date],
        above: str,
        where: str,
        is_row: bool = False,
        is_repeated: bool = False,
    ) -> str | None:
        """What somebody says that a text is."""
        last = dates.day(above)
        following = {last + timedelta(days=1)} if last else set()
        known = [] if is_repeated else sorted(self.known | {*days} | following)
        offered = [(day.isoformat(), date_format(day, "l j F Y")) for day in known]
        offered += [(NEXT, _("The day after the one above"))] if is_repeated and last else []
        offered += [
            (HEADING, _("A heading: the day stays the same")),
            (WITHOUT, _("A session without a time")),
        ] * is_row
        offered += [(NONE, _("None of these: the sessions below it are not used"))]
        of = _("day, heading or session") if is_row else _("day")
        chosen = self.questions.choose(text, key=key, of=of, offered=offered)
        if chosen == WITHOUT:
            return None
        if chosen == HEADING:
            return above
        if chosen == NEXT and last:
            return self._is(last + timedelta(days=1))
        if chosen and chosen != NONE:
            return chosen
        if chosen:
            words = _("It is not clear which day “%(text)s” is: write it as 2020-07-22")
            self.programme.unusable(where, words % {"text": text[:80]})
        return ""


def _year_told(texts: Sequence[str], *, today: date | None, answers: Answers) -> date | None:
    """A day of the year in which the days of a file are."""
    found = [(text, dates.day_inside(text)) for text in texts]
    with_year = (dates.day_alone(text) or next(iter(inside.days), None) for text, inside in found if inside)
    if told := next(filter(None, with_year), None):
        return told
    text = next((text for text, inside in found if inside and inside.lacks_year), "")
    if not text:
        return None
    near = range(today.year - 1, today.year + YEARS) if today else ()
    years = {str(year): dates.day_inside(text, year=year) for year in near}
    fitting = {year: inside.days[0] for year, inside in years.items() if inside and inside.days}
    if chosen := fitting.get(answers.names.get(YEAR_OF_DATES, "")):
        return chosen
    words = _("It is not clear in which year “%(text)s” is. Say it, or write dates as 2020-07-22")
    readings = [Reading(year, date_format(day, "l j F Y"), [year]) for year, day in fitting.items()]
    raise OpenQuestion(words % {"text": text[:80]}, code="unclear-year", key=YEAR_OF_DATES, readings=readings)


# --- halves of the day -----------------------------------------------------------------------------
class _Clock(NamedTuple):
    """A time as it stands in a cell, perhaps with its `day`. `is_marked`: as am or pm; `is_told`: so, or on a clock of 24
    hours; `is_later`: in the afternoon, which nobody wrote there."""

    time: time
    day: date | None
    is_marked: bool
    is_told: bool
    is_later: bool = False

    @classmethod
    def of(cls, text: str) -> "_Clock | None":
        text = dates.plain(text)
        is_marked = bool(MARK.search(text))
        if alone := dates.clock(text):
            return cls(alone, None, is_marked, is_marked or not 0 < alone.hour <= NOON.hour)
        found = dates.moment(text)
        if not found or (dates.day_alone(text) and not is_marked):
            return None
        is_told = is_marked or bool(found.tzinfo) or bool(ISO.search(text)) or not 0 < found.hour <= NOON.hour
        return cls(found.time(), found.date(), is_marked, is_told)

    @property
    def is_open(self) -> bool:
        return not self.is_told and self.time < NOON

    def later(self) -> "_Clock":
        """The same in the afternoon."""
        return self._replace(time=self.time.replace(hour=self.time.hour % 12 + 12), is_later=True)

    def __str__(self) -> str:
        return f"{self.day} {self.time}" if self.day else str(self.time)


class Halves:
    """Puts the times of a table that has no am and pm, or few, into their halves of the day."""

    def __init__(self, rows: Sequence[Placed], *, answers: Answers) -> None:
        self.rows, self.questions = rows, Questions(answers)
        clocks = [_Clock.of(row.get(name, "")) for _where, row in rows for name in ("starts", "ends", "date")]
        self.has_24 = any(clock.time.hour > NOON.hour and not clock.is_marked for clock in clocks if clock)
        self._seen: dict[str, list[time]] = {}  # begins, by day

    def read(self) -> Iterator[Placed]:
        """The rows with their times."""
        several = len({clock.time for clock in map(self._early, self.rows) if clock}) > 1
        for where, row in self.rows:
            name = "starts" if row.get("starts") else "date"
            starts, ends = _Clock.of(row.get(name, "")), _Clock.of(row.get("ends", ""))
            if starts is None:
                yield where, row
                continue
            seen = self._seen.setdefault(str(starts.day or row.get("date", "")), [])
            if starts.is_open and ends and ends.is_marked:
                starts = _before(starts, ends)
            elif starts.is_open and (half := self._half(starts, seen, row[name], has_several=several)) is not None:
                starts = starts.later() if half != "am" else starts
            seen.append(starts.time)
            is_twelve = starts.is_marked or not self.has_24 or starts.is_later
            if ends and ends.is_open and is_twelve and _is_over_noon(starts, ends):
                ends = ends.later()
            yield where, row | {key: str(one) for key, one in ((name, starts), ("ends", ends)) if one and one.is_later}

    def _early(self, placed: Placed) -> _Clock | None:
        starts = _Clock.of(placed[1].get("starts") or placed[1].get("date", ""))
        return starts if starts and starts.is_open and starts.time < EARLY else None

    def _half(self, starts: _Clock, seen: Sequence[time], text: str, *, has_several: bool) -> str | None:
        """What somebody says, "" while they have not; None where it is certain."""
        is_back = bool(seen) and starts.time < max(seen)
        if starts.time < EARLY:
            if self.has_24 and not is_back:
                return None
            half = self._choose(starts, text, key="half", has_several=has_several)
            return self._choose(starts, text, key=str(starts.time)) if half == EACH else half
        is_odd = is_back and (max(seen).hour > NOON.hour or starts.time < min(*seen, MORNING))
        return self._choose(starts, text, key=str(starts.time)) if is_odd and not self.has_24 else None

    def _choose(self, starts: _Clock, text: str, *, key: str, has_several: bool = False) -> str:
        afternoon = _("%(time)s, in the afternoon") if starts.time < EARLY else _("%(time)s, in the evening")
        morning = _("%(time)s, at night") if starts.time < EARLY else _("%(time)s, in the morning")
        times = [("am", morning, starts), ("pm", afternoon, starts.later())]
        offered = [(half, words % {"time": f"{clock.time:%H:%M}"}) for half, words, clock in times]
        offered += [(EACH, _("Not the same for all: ask about each time"))] if has_several else []
        of = _("times such as") if key == "half" else _("time")
        return self.questions.choose(text, key=f"hours:{key}", of=of, offered=offered)


def _is_over_noon(starts: _Clock, ends: _Clock) -> bool:
    """Whether an end, which stands before the start, is that of the afternoon: of a session that may be so long."""
    later = ends.later().time
    return ends.time < starts.time < later and later.hour - starts.time.hour <= LONGEST


def _before(starts: _Clock, ends: _Clock) -> _Clock:
    """The start that is nearest before an end: “1:00–2:30 pm” is in the afternoon, “11:00–1:30 pm” begins before noon."""
    return max(
        (one for one in (starts, starts.later()) if one.time < ends.time), key=lambda one: one.time, default=starts
    )
