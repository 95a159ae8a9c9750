"""Lists of tables that grow: counting them and choosing a date costs the same with ten times the rows.

Django counts every row for the number below a list, and asks all of them for the days on which there is one.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import InvalidPage, Paginator
from django.db.models import Count, Max, Min, QuerySet, Window
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import cached_property
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from events.staff import list_rows
from events.staff.current_forum import PARAMETER, of_forum

COUNTED = 10_000  # rows; whoever wants one beyond them narrows the list down
MOST_YEARS = 60


class CountedPages(Paginator):
    """The pages of the first COUNTED rows: `count` goes no further, `is_more` says whether there are others."""

    @cached_property
    def counted(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[: COUNTED + 1].count())

    @cached_property
    def count(self) -> int:
        return min(self.counted, COUNTED)

    @property
    def is_more(self) -> bool:
        return self.counted > COUNTED

    @property
    def most(self) -> str:
        """How many it counts at the most, as people read it."""
        return number_format(COUNTED, force_grouping=True)


class Link(NamedTuple):
    """A date with the address of its list; without one it is chosen."""

    title: str
    url: str = ""


class Dates(NamedTuple):
    """What stands above a list with a date: the way back, and the years, months or days to choose from."""

    back: Link | None
    choices: list[Link]


class LargeChangeList(ChangeList):
    model_admin: "LargeLists"

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Without the forum, which is no filter of a column: see `get_queryset`."""
        return {name: value for name, value in super().get_filters_params(params).items() if name != PARAMETER}

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """The rows of the current forum that are found."""
        self.root_queryset = of_forum(self.model_admin.get_queryset(request), request)
        return super().get_queryset(request, exclude_parameters)

    def get_results(self, request: HttpRequest) -> None:
        """Where rows are searched, or many are sorted, the keys of the page are found first: what hangs on a row is joined for
        the rows that are shown, not for all of them."""
        found: Any = self.queryset
        self.paginator = self.model_admin.get_paginator(request, found, self.list_per_page)
        keys = self._searched() if self.query and self.model_admin.is_found_by_keys and not self.show_all else []
        self.result_count = self.paginator.count
        self.can_show_all = self.result_count <= self.list_max_show_all
        self.multi_page = self.result_count > self.list_per_page
        self.show_full_result_count, self.full_result_count, self.show_admin_actions = False, None, True
        if self.multi_page and not (self.show_all and self.can_show_all):
            try:
                found = self.paginator.page(self.page_num).object_list
            except InvalidPage as wrong:
                raise IncorrectLookupParameters from wrong
        is_answered_by_index = self.model_admin.has_index_of_order and not (self.query or self.has_active_filters)
        if self.multi_page and not is_answered_by_index:
            keys = keys or list(found.values_list("pk", flat=True))
        if keys:
            rows = self.apply_select_related(self.root_queryset).filter(pk__in=keys)
            found = rows.order_by(*self.queryset.query.order_by)
        self.result_list = found.defer(*self.model_admin.list_left_out)

    def _searched(self) -> list[Any]:
        """The keys of a page of what is searched for, which come with the number of all that is found: it is sought once."""
        if not 0 < self.page_num <= COUNTED // self.list_per_page:
            return []
        first = (self.page_num - 1) * self.list_per_page
        rows = self.queryset.annotate(found_in_all=Window(Count("*"))).values_list("pk", "found_in_all")
        found = list(rows[first : first + self.list_per_page])
        if found:
            self.paginator.counted = found[0][1]
        return [key for key, _number in found]

    @cached_property
    def headers(self) -> list[dict[str, Any]]:
        return list(result_headers(self))

    @cached_property
    def sorted_columns(self) -> int:
        return sum(bool(header["sortable"] and header["sorted"]) for header in self.headers)

    def rows(self) -> SafeString:
        """The rows, as HTML."""
        return mark_safe("".join(f"<tr>{row}</tr>" for row in list_rows.rows(self)))  # noqa: S308  every part is escaped

    @cached_property
    def dates(self) -> Dates | None:
        """The dates between the first and the last row that the person may see, whatever else is chosen: on some of them
        there may be no row. One query, which an index answers."""
        if not self.date_hierarchy:
            return None
        name = self.date_hierarchy
        found = self.root_queryset.order_by().aggregate(first=Min(name), last=Max(name))
        if found["first"] is None:
            return None
        first, last = (_day(found[end]) for end in ("first", "last"))
        year, month, day = (int(self.params.get(f"{name}__{part}") or 0) for part in ("year", "month", "day"))
        if year and month and day:
            chosen = date(year, month, day)
            return Dates(self._link("YEAR_MONTH_FORMAT", chosen, "year", "month"), [Link(_said(chosen))])
        if not year and first.year == last.year:
            year, month = first.year, first.month if first.month == last.month else 0
        return self._within(year, month, first=first, last=last)

    def _within(self, year: int, month: int, *, first: date, last: date) -> Dates:
        """The years, the months of a year, or the days of a month."""
        if year and month:
            days = [day for day in _days(year, month) if first <= day <= last]
            back = Link(str(year), self._url(date(year, 1, 1), "year"))
            return Dates(back, [Link(_said(day), self._url(day, "year", "month", "day")) for day in days])
        if year:
            months = [date(year, number, 1) for number in range(1, 13)]
            there = [one for one in months if first.replace(day=1) <= one <= last]
            return Dates(
                Link(_("All dates"), self._url(first)),
                [self._link("YEAR_MONTH_FORMAT", one, "year", "month") for one in there],
            )
        years = range(first.year, last.year + 1)[-MOST_YEARS:]
        return Dates(None, [Link(str(number), self._url(date(number, 1, 1), "year")) for number in years])

    def _link(self, form: str, day: date, *parts: str) -> Link:
        return Link(capfirst(date_format(day, form)), self._url(day, *parts))

    def _url(self, day: date, *parts: str) -> str:
        """The address of this list with these parts of a date, and no others."""
        wanted = {f"{self.date_hierarchy}__{part}": getattr(day, part) for part in parts}
        return self.get_query_string(wanted, [f"{self.date_hierarchy}__"])


def _said(day: date) -> str:
    return capfirst(date_format(day, "MONTH_DAY_FORMAT"))


def _day(value: date | datetime) -> date:
    return timezone.localtime(value).date() if isinstance(value, datetime) else value


def _days(year: int, month: int) -> Iterator[date]:
    day = date(year, month, 1)
    while day.month == month:
        yield day
        day += timedelta(days=1)


class LargeLists(admin.ModelAdmin):
    """For every list of the site."""

    paginator = CountedPages
    show_facets = admin.ShowFacets.NEVER  # they count the whole table once for each choice of each filter
    show_full_result_count = False
    # Columns with long texts that the list does not show, of the rows along with it too.
    list_left_out: Sequence[str] = ()
    has_index_of_order = True  # whether an index has the order in which the list comes; else every row is sorted
    # Whether a search names the keys of all that it finds, and then sorts them: their number comes along.
    is_found_by_keys = False

    def action_checkbox(self, obj: Any) -> SafeString:
        """As Django has it, which renders a template for each row."""
        label = list_rows.escaped(_("Select this object for an action - {}").format(obj))
        return mark_safe(  # noqa: S308  every part is escaped
            f'<input type="checkbox" name="{ACTION_CHECKBOX_NAME}" value="{list_rows.escaped(obj.pk)}"'
            f' class="action-select" aria-label="{label}">'
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LargeChangeList
