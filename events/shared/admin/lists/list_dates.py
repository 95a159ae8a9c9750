"""The dates above a list: years, then months, then days between its first and its last row."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.db.models import Max, Min
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

COUNTED = 10_000  # rows; whoever wants one beyond them narrows the list down
MOST_YEARS = 60
PARTS = ("year", "month", "day")


class DateLink(NamedTuple):
    """A date with the address of its list; without one it is chosen."""

    title: str
    url: str = ""


class Dates(NamedTuple):
    """What stands above a list with a date: the way back, and the years, months or days to choose from."""

    back: DateLink | None
    choices: list[DateLink]


class DatedChangeList(ChangeList):
    zone: tzinfo

    @property
    def is_narrowed(self) -> bool:
        """Whether a search or a filter leaves rows out."""
        is_asked = bool(self.query) or self.has_active_filters
        return is_asked or any(getattr(one, "narrows", False) for one in self.filter_specs)

    @cached_property
    def ends(self) -> tuple[Any, Any]:
        """The first and the last date of all rows that the person may see, whatever is chosen."""
        name = str(self.date_hierarchy)
        found = self.root_queryset.order_by().aggregate(first=Min(name), last=Max(name))
        return found["first"], found["last"]

    @cached_property
    def dates(self) -> Dates | None:
        """The dates between the first and the last row: on some of them there may be no row."""
        if not self.date_hierarchy or self.ends[0] is None:
            return None
        first, last = (_day(end, zone=self.zone) for end in self.ends)
        year, month, day = self._chosen
        if year and month and day:
            chosen = date(year, month, day)
            return Dates(self._link("YEAR_MONTH_FORMAT", chosen, "year", "month"), [DateLink(_said(chosen))])
        if not year and first.year == last.year:
            year, month = first.year, first.month if first.month == last.month else 0
        return self._within(year, month, first=first, last=last)

    @cached_property
    def date_title(self) -> str:
        return capfirst(str(get_fields_from_path(self.model, str(self.date_hierarchy))[-1].verbose_name))

    @cached_property
    def date_choices(self) -> list[dict[str, Any]]:
        """The dates as the choices of a filter: all dates first, then what is chosen, then the finer ones."""
        if self.dates is None:
            return []
        year, month, day = self._chosen
        every = {"query_string": self.get_query_string({}, [f"{self.date_hierarchy}__"]), "selected": not year}
        found = [every | {"display": _("All dates")}]
        if year:
            form = "MONTH_DAY_FORMAT" if day else "YEAR_MONTH_FORMAT" if month else "Y"
            words = capfirst(date_format(date(year, month or 1, day or 1), form))
            found.append({"query_string": self.get_query_string(), "display": words, "selected": True})
        links = [one for one in (self.dates.back, *self.dates.choices) if one and one.url != every["query_string"]]
        return found + [{"query_string": one.url, "display": one.title, "selected": False} for one in links if one.url]

    @property
    def _chosen(self) -> tuple[int, int, int]:
        """The year, month and day of the address; 0 where it says none."""
        year, month, day = (int(self.params.get(f"{self.date_hierarchy}__{part}") or 0) for part in PARTS)
        return year, month if year else 0, day if year and month else 0

    def _within(self, year: int, month: int, *, first: date, last: date) -> Dates:
        """The years, the months of a year, or the days of a month."""
        if year and month:
            days = [day for day in _days(year, month) if first <= day <= last]
            back = DateLink(str(year), self._url(date(year, 1, 1), "year"))
            return Dates(back, [DateLink(_said(day), self._url(day, "year", "month", "day")) for day in days])
        if year:
            months = [date(year, number, 1) for number in range(1, 13)]
            there = [one for one in months if first.replace(day=1) <= one <= last]
            return Dates(
                DateLink(_("All dates"), self._url(first)),
                [self._link("YEAR_MONTH_FORMAT", one, "year", "month") for one in there],
            )
        years = range(first.year, last.year + 1)[-MOST_YEARS:]
        return Dates(None, [DateLink(str(number), self._url(date(number, 1, 1), "year")) for number in years])

    def _link(self, form: str, day: date, *parts: str) -> DateLink:
        return DateLink(capfirst(date_format(day, form)), self._url(day, *parts))

    def _url(self, day: date, *parts: str) -> str:
        """The address of this list with these parts of a date, and no others."""
        wanted = {f"{self.date_hierarchy}__{part}": getattr(day, part) for part in parts}
        return self.get_query_string(wanted, [f"{self.date_hierarchy}__"])


def _said(day: date) -> str:
    return capfirst(date_format(day, "MONTH_DAY_FORMAT"))


def _day(value: date | datetime, *, zone: tzinfo) -> date:
    return value.astimezone(zone).date() if isinstance(value, datetime) else value


def _days(year: int, month: int) -> Iterator[date]:
    day = date(year, month, 1)
    while day.month == month:
        yield day
        day += timedelta(days=1)
