"""Lists of tables that grow: counting them and choosing a date costs the same with ten times the rows.

Django counts every row for the number below a list, and asks all of them for the days on which there is one.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime, tzinfo
from itertools import batched
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.utils import get_fields_from_path, label_for_field
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, ChangeList
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.core.paginator import InvalidPage, Paginator
from django.db.models import Count, DateTimeField, ForeignKey, Max, Min, QuerySet, Window
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import cached_property
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from events.models import Viewing
from events.shared.admin.admin_recording import RecordedAdmin
from events.shared.admin.current_forum import PARAMETER, forum_of_list, of_forum, seen_forums
from events.shared.admin.lists import list_columns, list_rows
from events.shared.formatting import times
from events.shared.rights import memberships

OF_ONE_FORUM = ("forum", "edition")  # columns that say the same in each row of the list of one forum
BATCH = 1_000  # rows of a table that are fetched at once
COUNTED = 10_000  # rows; whoever wants one beyond them narrows the list down
MOST_YEARS = 60
PARTS = ("year", "month", "day")
YEAR = re.compile("[1-8][0-9]{3}")  # Django counts from it to the next, and no date is later than 9999
IN_WORDS = ("Y", "YEAR_MONTH_FORMAT", "MONTH_DAY_FORMAT")


def _counted(rows: Any) -> int:
    """How many rows there are; of more than COUNTED one more than that."""
    return int(rows.order_by().values("pk")[: COUNTED + 1].count())


class CountedPages(Paginator):
    """The pages of the first COUNTED rows: `count` goes no further, `is_more` says whether there are others."""

    @cached_property
    def counted(self) -> int:
        return _counted(self.object_list)

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


class LargeChangeList(ChangeList):
    model_admin: "LargeLists"

    is_of_forum = False  # whether `root_queryset` is narrowed down to the current forum

    def __init__(self, request: HttpRequest, *more: Any, **named: Any) -> None:
        self.zone = timezone.get_current_timezone()  # of the forum, while the list is made: it is written out later
        super().__init__(request, *more, **named)
        fixed = self.model_admin.fixed_columns(request)
        self.offered = [name for name in self.every_column if list_columns.name_of(name) not in fixed]
        if not self.is_popup:
            self.title = capfirst(str(self.opts.verbose_name_plural))

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Without the forum, which is no filter of a column: see `get_queryset`. Refuses a filter by what the list does not show."""
        asked = {name: value for name, value in super().get_filters_params(params).items() if name != PARAMETER}
        for name, values in asked.items():
            is_year = name == f"{self.date_hierarchy}__year"
            if self._is_hidden(name) or (is_year and not all(YEAR.fullmatch(value) for value in values)):
                raise DisallowedModelAdminLookup(name)
        return asked

    def _is_hidden(self, lookup: str) -> bool:
        """Whether a filter in the address asks for what the list does not show: a column of these rows that is kept from
        the page (`?secret__startswith=A`, sign by sign), which rows hang on this one (`?win__isnull=0`), or what the list
        has computed (`?_mean__gte=2`). Django allows all three; here only keys, its own columns and its filters may."""
        filters = [name[0] if isinstance(name, list | tuple) else name for name in self.list_filter]
        declared = [name if isinstance(name, str) else getattr(name, "parameter_name", None) for name in filters]
        declared.append(self.date_hierarchy)
        if any(lookup == name or lookup.startswith(f"{name}__") for name in declared if name):
            return False
        first = lookup.split("__")[0]
        try:
            field: Any = self.opts.pk if first == "pk" else self.opts.get_field(first)
        except FieldDoesNotExist:
            return True
        hangs_on_it = field.auto_created and not field.concrete
        return hangs_on_it or (not field.primary_key and first not in self.every_column)

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """The rows of the current forum that are found. An action asks for them once more."""
        self.every_column = self.model_admin.all_columns(request)
        if not self.is_of_forum:
            self.root_queryset, self.is_of_forum = of_forum(self.root_queryset, request), True
        return super().get_queryset(request, exclude_parameters)

    @property
    def _joined(self) -> tuple[str, ...] | bool:
        """The rows that the columns name, but for their forum: the head of the page has it (`_with_more`). True: all."""
        if isinstance(self.list_select_related, bool):
            return self.list_select_related or any(
                isinstance(self._field(one), ForeignKey) for one in self.list_display
            )
        shown = [self._field(name) for name in self.model_admin.hidden_columns if name in self.list_display]
        chosen = [field.name for field in shown if isinstance(field, ForeignKey)]
        return tuple(name for name in (*self.list_select_related, *chosen) if name != PARAMETER)

    def _field(self, name: Any) -> Any:
        return list_columns.field_of(self.lookup_opts, name)

    def get_results(self, request: HttpRequest) -> None:
        """The keys of the page are found first: what hangs on a row is joined for the rows that are shown, not for all of them."""
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
        self.result_list = self._with_more(request, keys or list(found.values_list("pk", flat=True)))

    def _rows(self, keys: Sequence[Any]) -> Any:
        """The rows with these keys, in any order."""
        left_out = set(self.model_admin.list_left_out) - {getattr(name, "reads", name) for name in self.list_display}
        rows = _with_joined(self.root_queryset.order_by(), self._joined)
        return rows.filter(pk__in=keys).defer(*left_out)

    def _with_more(self, request: HttpRequest, keys: Sequence[Any]) -> Any:
        """The rows with these keys, each with its forum and what the list shows beside."""
        found, forums = {row.pk: row for row in self._rows(keys)}, {forum.pk: forum for forum in seen_forums(request)}
        rows = [found[key] for key in keys if key in found]
        if isinstance(self._field(PARAMETER), ForeignKey):
            for row in rows:
                if forum := forums.get(row.forum_id):
                    row.forum = forum
        return self.model_admin.with_more(request, rows)

    def as_table(self, request: HttpRequest) -> tuple[list[str], Iterator[list[Any]]]:
        """All rows that are found, as a table: the titles of the columns, and the values of each row."""
        names = [name for name in self.list_display if name != list_columns.CHECKBOX]
        values = [list_rows.value_of(self, name) for name in names]
        keys = list(self.queryset.values_list("pk", flat=True))
        rows = (row for some in batched(keys, BATCH) for row in self._with_more(request, some))
        titles = [capfirst(str(label_for_field(name, self.model, self.model_admin))) for name in names]
        return titles, ([value(row) for value in values] for row in rows)

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
        found = zip(self.list_display, result_headers(self), strict=True)
        return [header | {"is_figure": list_rows.is_figure(self, name)} for name, header in found]

    @cached_property
    def filters(self) -> list[tuple[Any, list[Any]]]:
        """The title and the choices of each filter; the dates are the last."""
        found = [(one.title, list(one.choices(self))) for one in self.filter_specs]
        return [*found, (self.date_title, self.date_choices)] if self.date_choices else found

    @cached_property
    def columns(self) -> list[list_columns.Column]:
        """The columns from which the person chooses, without those that every row needs."""
        return list_columns.columns(self.offered, shown=self.list_display, model_admin=self.model_admin)

    def rows(self) -> SafeString:
        """The rows, as HTML."""
        return mark_safe("".join(list_rows.rows(self)))  # noqa: S308  every part is escaped

    @property
    def has_times(self) -> bool:
        return any(isinstance(self._field(name), DateTimeField) for name in self.list_display)

    @property
    def is_in_own_order(self) -> bool:
        """Whether the rows come as the list has them: nobody sorted or searched."""
        return not (self.query or self.params.get(ORDER_VAR))

    @property
    def is_narrowed(self) -> bool:
        """Whether a search or a filter leaves rows out."""
        is_asked = bool(self.query) or self.has_active_filters
        return is_asked or any(getattr(one, "narrows", False) for one in self.filter_specs)

    # --- dates -------------------------------------------------------------------------------------
    @cached_property
    def date_title(self) -> str:
        return capfirst(str(get_fields_from_path(self.model, str(self.date_hierarchy))[-1].verbose_name))

    @cached_property
    def date_choices(self) -> list[dict[str, Any]]:
        """The years, months or days between the first and the last row that the person may see (on some there may be none), as the
        choices of a filter: all dates first, what is chosen, what that is a part of, then the finer ones."""
        name = str(self.date_hierarchy)
        ends = self.root_queryset.order_by().aggregate(first=Min(name), last=Max(name)) if self.date_hierarchy else {}
        if not ends.get("first"):
            return []
        first, last = (_day(ends[end], zone=self.zone) for end in ("first", "last"))
        year, month, day = (int(self.params.get(f"{name}__{part}") or 0) for part in PARTS)
        level = 0 if not year else 1 if not month else 3 if day else 2
        at = date(year or first.year, month or 1, day or 1)
        found = [self._date_choice(at, 0, is_chosen=not level)]
        found += [self._date_choice(at, level, is_chosen=True)] if level else []
        found += [self._date_choice(at, level - 1)] if level > 1 else []
        if not level and first.year == last.year:
            level, at = (2, first) if first.month == last.month else (1, first)
        return found + [self._date_choice(one, level + 1) for one in _finer(at, level, first=first, last=last)]

    def _date_choice(self, day: date, level: int, *, is_chosen: bool = False) -> dict[str, Any]:
        """The list of the year (`level` 1), the month or the day of a date; 0: of all dates."""
        wanted = {f"{self.date_hierarchy}__{part}": getattr(day, part) for part in PARTS[:level]}
        words = capfirst(date_format(day, IN_WORDS[level - 1])) if level else _("All dates")
        address = self.get_query_string(wanted, [f"{self.date_hierarchy}__"])
        return {"query_string": address, "display": words, "selected": is_chosen}

    # --- which of them the page holds --------------------------------------------------------------
    @property
    def first_shown(self) -> int:
        return 1 if self.show_all else (self.page_num - 1) * self.list_per_page + 1

    @property
    def last_shown(self) -> int:
        return self.first_shown + len(self.result_list) - 1

    @property
    def number_on_next_page(self) -> int:
        return min(self.result_count - self.last_shown, self.list_per_page)

    @property
    def next_page(self) -> str:
        """The address of the next page; empty where this is the last."""
        return self.get_query_string({PAGE_VAR: self.page_num + 1}) if self.number_on_next_page > 0 else ""

    @property
    def counted_in_words(self) -> str:
        """How many rows there are, and how many of them the filters leave."""
        if self.paginator.is_more:
            return _("More than %(number)s.") % {"number": self.paginator.most}
        shown = number_format(self.result_count, force_grouping=True)
        if not self.is_narrowed:
            return _("%(number)s in all.") % {"number": shown}
        number = _counted(self.root_queryset)
        words = _("%(shown)s of more than %(all)s shown.") if number > COUNTED else _("%(shown)s of %(all)s shown.")
        return words % {"shown": shown, "all": number_format(min(number, COUNTED), force_grouping=True)}


def _day(value: date | datetime, *, zone: tzinfo) -> date:
    return value.astimezone(zone).date() if isinstance(value, datetime) else value


def _finer(at: date, level: int, *, first: date, last: date) -> list[date]:
    """The years from the first to the last day (`level` 0), the months of the year of a date (1), or the days of its month (2)."""
    if level == 0:
        return [date(year, 1, 1) for year in range(first.year, last.year + 1)[-MOST_YEARS:]]
    if level == 1:
        months = [date(at.year, number, 1) for number in range(1, 13)]
        return [month for month in months if first.replace(day=1) <= month <= last]
    days = [at.replace(day=number + 1) for number in range(monthrange(at.year, at.month)[1])] if level == 2 else []
    return [day for day in days if first <= day <= last]


def _with_joined(rows: QuerySet[Any], joined: tuple[str, ...] | bool) -> QuerySet[Any]:
    names = joined if isinstance(joined, tuple) else ()
    return rows.select_related(*names) if joined else rows


def in_zone_of_list(request: HttpRequest) -> AbstractContextManager[None]:
    """The zone in which a list writes its times is the active one."""
    forum = forum_of_list(request)
    return timezone.override(forum.zone) if forum else nullcontext()


def zone_of_list(request: HttpRequest) -> str:
    """In which zone a list writes its times: without an offset, for rows of a summer and of a winter stand below each other."""
    forum = forum_of_list(request)
    zone = times.place_name(forum.zone if forum else ZoneInfo("UTC"), forum=forum)
    return _("Times in %(zone)s.") % {"zone": zone}


class LargeLists(RecordedAdmin):
    """For every list of the site."""

    paginator = CountedPages
    show_facets = admin.ShowFacets.NEVER  # they count the whole table once for each choice of each filter
    show_full_result_count = False
    # Columns with long texts that the list does not show, of the rows along with it too; a function `reads` one.
    list_left_out: Sequence[str] = ()
    # Columns that people can choose for themselves, after those of `list_display`.
    hidden_columns: Sequence[str] = ()
    figure_columns: Sequence[str] = ()  # computed ones that hold figures; those of numbers are known
    day_of: Callable[[Any], str] | None = None  # the day of a row in words, where the list goes by days
    # Columns, fields that are searched and parts of a row's page that need a right of their own; on a list in all that it shows.
    guarded: Mapping[str, str] = {}
    # Whether a search names the keys of all that it finds, and then sorts them: their number comes along.
    is_found_by_keys = False
    export_right = ""  # the permission to take rows out as a file, where to view them is not enough
    query_of_all = ""  # what the address says where the list shows fewer rows by itself

    def all_columns(self, request: HttpRequest) -> list[Any]:
        """The columns from which the person may choose, and those that every row needs."""
        return [name for name in (*self.list_display, *self.hidden_columns) if self._shows(request, name)]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return [name for name in super().get_search_fields(request) if self._shows(request, name)]

    def _shows(self, request: HttpRequest, name: Any) -> bool:
        return name not in self.guarded or self.holds_wherever_seen(request, self.guarded[name])

    def fixed_columns(self, request: HttpRequest) -> set[str]:
        """The names of those that every row needs: the ones that lead to its page."""
        return {list_columns.name_of(name) for name in self.list_display_links or self.all_columns(request)[:1]}

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Those that the person chose; who never did sees all but the hidden ones."""
        chosen, fixed = list_columns.chosen(request.user, self.model), self.fixed_columns(request)
        hidden = {*self.hidden_columns, *(OF_ONE_FORUM if forum_of_list(request) else ())}
        return [
            name
            for name in self.all_columns(request)
            if (key := list_columns.name_of(name)) in fixed or (key not in hidden if chosen is None else key in chosen)
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LargeChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; what is sent by its “Columns” is kept for the person."""
        if request.method == "POST" and "columns" in request.POST:
            if not self.has_view_or_change_permission(request):
                raise PermissionDenied
            offered = [list_columns.name_of(name) for name in self.all_columns(request)]
            wanted = request.POST.getlist("column")
            list_columns.choose(request.user, self.model, [name for name in offered if name in wanted])
            return HttpResponseRedirect(list_columns.address_without_order(request))
        with in_zone_of_list(request):
            page = super().changelist_view(request, extra_context)
        context = getattr(page, "context_data", None) or {}
        if "cl" in context:
            self.saw(request, Viewing.Kind.LIST, context["cl"].result_list)
            context["notes"] = self.list_notes(request, context["cl"])
            context["may_export"] = self.may_export(request)
            context |= self.beside_list(request)
        return page

    def beside_list(self, request: HttpRequest) -> dict[str, Any]:
        """What the page of the list shows beside it."""
        return {}

    def may_export(self, request: HttpRequest) -> bool:
        """Whether the person may take rows of the list out as a file: nobody does who may not open the list."""
        may_open = self.has_view_or_change_permission(request)
        return may_open and (not self.export_right or memberships.has(request.user, self.export_right))

    def for_file(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Of these rows those that the person may take out as a file."""
        return memberships.seen(rows, request.user, self.export_right) if self.export_right else rows

    def list_notes(self, request: HttpRequest, changes: LargeChangeList) -> list[Any]:
        """The sentences below the title of the list: how many rows, and the zone of its times."""
        return [changes.counted_in_words, *([zone_of_list(request)] if changes.has_times else [])]

    def with_more(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        """The rows of a page with what their columns show beside what the query has; the same rows in the same order."""
        return rows
