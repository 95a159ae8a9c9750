"""The rows of a list, and the choices of its filters, as HTML, the same as Django's: but what is true of a column, or of all
links, is found once a page, and no template is gone through for each.

Django looks each column up again for each cell, and each link in all addresses of the site.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, tzinfo
from functools import lru_cache, partial
from typing import Any

from django import template
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import display_for_field, display_for_value, label_for_field, lookup_field, quote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import (
    CharField,
    DateField,
    DateTimeField,
    DecimalField,
    Field,
    FloatField,
    ForeignKey,
    IntegerField,
    Model,
    TextField,
    TimeField,
    URLField,
)
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from events.shared.admin.lists.list_columns import CHECKBOX, field_of, name_of
from events.shared.formatting import times

register = template.Library()  # {% load list_rows %}: named in the settings
TAG = re.compile(r"<[^>]*>")
NOTHING = ("", "-", "–")  # what a cell shows that holds nothing
MANY = 20  # choices of a filter: among more one can look for some by their words
ROW = "-row-"  # stands for the key in the address that those of the rows are made of

type Shown = tuple[Any, bool]  # what a cell shows, and whether it stays on one line
type Cell = Callable[[Model], Shown]


def rows(changes: Any) -> Iterator[SafeString]:
    """Each row of a page of a `LargeChangeList`; before the first one of a day a row that names it, where the list goes by days."""
    links = _linked(changes)
    columns = [
        (
            _cell(changes, name, has_link=name in links),
            *_attributes(changes, name, is_linked=name in links),
            name in links,
        )
        for name in changes.list_display
    ]
    address = None if changes.list_display_links is None else _address(changes)
    day_of, day = changes.model_admin.day_of if changes.is_in_own_order else None, None
    for row in changes.result_list:
        if day_of and (its_day := day_of(row)) != day:
            day = its_day
            yield mark_safe(f'<tr class="day"><th colspan="{len(columns)}">{escaped(day)}</th></tr>')  # noqa: S308
        cells, is_first = [], True
        for cell, css, label, has_link in columns:
            shown, is_nowrap = cell(row)
            css_class = f"{css} nowrap" if is_nowrap else css
            tag, inner = "td", escaped(shown)
            if shown in NOTHING:
                css_class += " none"
            elif not (has_link or is_nowrap or hasattr(shown, "__html__")):
                inner = f'<span class="cut" dir="auto">{inner}</span>'
            if has_link:
                tag = 'th scope="row"' if is_first else "td"
                inner = _link(changes, row, inner, address=address) if address else inner
            is_first = is_first and not has_link
            cells.append(f'<{tag} class="{css_class}"{label}>{inner}</{tag[:2]}>')
        yield mark_safe(f"<tr>{''.join(cells)}</tr>")  # noqa: S308  every part is escaped


def _attributes(changes: ChangeList, name: Any, *, is_linked: bool) -> tuple[str, str]:
    """The class of the cells of a column, and its title, which a phone shows beside each."""
    if name == CHECKBOX:
        return "action-checkbox", ""
    css = f"field-{name_of(name)}{' num' if is_figure(changes, name) and not is_linked else ''}"
    title = "" if is_linked else capfirst(str(label_for_field(name, changes.model, changes.model_admin)))
    return css, f' data-label="{escaped(title)}"' if title else ""


def is_figure(changes: Any, name: Any) -> bool:
    """Whether a column holds figures, which stand at its end."""
    field = field_of(changes.lookup_opts, name)
    is_number = isinstance(field, IntegerField | DecimalField | FloatField) and not field.flatchoices
    return is_number or name in changes.model_admin.figure_columns


@register.simple_tag
def chip(title: Any, choices: Sequence[Mapping[str, Any]]) -> SafeString:
    """A filter: what it is set to, which is none while the first of its choices is selected, and all of them to choose from
    (each with `query_string`, `display` and `selected`)."""
    chosen = next((one for one in choices[1:] if one["selected"]), None)
    name, items = escaped(capfirst(str(title))), []
    for choice in choices:
        css, current = (' class="selected"', ' aria-current="true"') if choice["selected"] else ("", "")
        address, words = escaped(choice["query_string"]), escaped(choice["display"])
        items.append(f'<li{css}><a href="{address}"{current}>{words}</a></li>')
    summary, css, off, find = f'<span aria-hidden="true">+</span> {name}', "chip", "", ""
    if chosen:
        label, address = escaped(_("Take off the filter: %(name)s") % {"name": title}), choices[0]["query_string"]
        summary, css = f"{name}: <bdi>{escaped(chosen['display'])}</bdi>", "chip chosen"
        off = f'<a href="{escaped(address)}" aria-label="{label}">×</a>'
    if len(items) > MANY:
        label = escaped(_("Find: %(name)s") % {"name": title})
        find = f'<input type="search" class="find" aria-label="{label}" hidden>'
    body = f"<summary>{summary}</summary><div>{find}<ul>{''.join(items)}</ul></div>"
    return mark_safe(f'<div class="{css}"><details name="filters">{body}</details>{off}</div>')  # noqa: S308


def _linked(changes: ChangeList) -> set[Any]:
    """The columns that lead to a row's page: those that the list names, else the first one. This is the head of its row too where
    none leads there (None)."""
    names = [name for name in changes.list_display if name != CHECKBOX]
    return set(changes.list_display_links or names[:1])


def _address(changes: ChangeList) -> tuple[str, str]:
    """What stands before and after the key in the address of a row's page, as HTML."""
    site, opts = changes.model_admin.admin_site, changes.opts
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[ROW], current_app=site.name)
    before, _key, after = url.partition(ROW)
    return escaped(before), escaped(f"{after}?{changes.preserved_filters}" if changes.preserved_filters else after)


def _link(changes: ChangeList, row: Model, inner: str, *, address: tuple[str, str]) -> str:
    before, after = address
    url = f"{before}{escaped(quote(getattr(row, changes.pk_attname)))}{after}"
    value = row.serializable_value(str(changes.to_field) if changes.to_field else changes.pk_attname)
    opener = f' data-popup-opener="{escaped(value)}"' if changes.is_popup else ""
    return f'<a href="{url}" dir="auto"{opener}>{inner}</a>'


def escaped(value: Any) -> str:
    """A value as HTML, as Django's `conditional_escape` has it: without what that does for texts still to be translated."""
    if type(value) is str:
        return html.escape(value)
    if type(value) is SafeString or type(value) is int:
        return str(value)
    if isinstance(value, Promise):
        value = str(value)
    return str(value.__html__() if hasattr(value, "__html__") else html.escape(str(value)))


def _cell(changes: Any, name: Any, *, has_link: bool) -> Cell:
    """What shows the value of a column: of a field, or of whatever else Django finds."""
    if name == CHECKBOX:
        return _box
    admin = changes.model_admin
    empty = admin.get_empty_value_display()
    field = field_of(changes.lookup_opts, name)
    if isinstance(field, Field) and field.name == name and not field.auto_created:
        return _of_field(field, empty=empty, has_link=has_link, zone=changes.zone)
    return partial(_of_anything, name=name, admin=admin, empty=empty)


def _box(row: Model) -> Shown:
    """What chooses a row for an action. Django's own goes through a template for each: a fifth of a page's time."""
    label = escaped(_("Select: %(row)s") % {"row": row})
    box = f'<input type="checkbox" name="{ACTION_CHECKBOX_NAME}" value="{escaped(row.pk)}" class="action-select"'
    return mark_safe(f'{box} aria-label="{label}">'), False  # noqa: S308  every part is escaped


def value_of(changes: Any, name: Any) -> Callable[[Model], Any]:
    """What a table that goes out has of a column: figures as such, moments in the zone of the list, else the words of its cell."""
    cell, has_figures = _cell(changes, name, has_link=True), is_figure(changes, name)

    def value(row: Model) -> Any:
        found = getattr(row, name, None) if isinstance(name, str) else None
        if isinstance(found, datetime):
            return found.astimezone(changes.zone).isoformat(timespec="minutes")
        if isinstance(found, date) or (has_figures and isinstance(found, int | float)):
            return found
        shown = " ".join(html.unescape(TAG.sub(" ", escaped(cell(row)[0]))).split())
        return "" if shown in NOTHING else shown

    return value


def _of_field(field: "Field[Any, Any]", *, empty: Any, has_link: bool, zone: tzinfo) -> Cell:
    if isinstance(field, DateField):
        return _of_date(field, empty=empty, zone=zone)
    name, is_nowrap = field.name, isinstance(field, TimeField)
    labels = {value: str(label) for value, label in field.flatchoices}
    yes_no = {True: said(True), False: said(False)}
    is_text = isinstance(field, CharField | TextField) and not isinstance(field, URLField)

    def shown(value: Any) -> Any:
        if isinstance(field, ForeignKey):
            return empty if value is None else str(value)
        if labels:
            words = labels.get(value, empty)
            return badge(value, words) if name == "state" else words
        if isinstance(value, bool):
            return published(value) if name == "is_public" else yes_no[value]
        if is_text and value is not None:
            return value if value.strip() else empty
        return display_for_field(value, field, empty, avoid_link=has_link)

    return lambda row: (shown(getattr(row, name)), is_nowrap)


def _of_date(field: "DateField[Any, Any]", *, empty: Any, zone: tzinfo) -> Cell:
    """Dates and moments, these in the time zone of the list."""
    name = field.name
    form = "SHORT_DATETIME_FORMAT" if isinstance(field, DateTimeField) else "SHORT_DATE_FORMAT"

    def show(row: Model) -> Shown:
        value = getattr(row, name)
        if isinstance(value, datetime):
            value = value.astimezone(zone)
        return (empty if value is None else times.written(value, form)), True

    return show


def _of_anything(row: Model, *, name: Any, admin: Any, empty: Any) -> Shown:
    try:
        _field, attr, value = lookup_field(name, row, admin)
    except ObjectDoesNotExist:
        return empty, False
    empty = getattr(attr, "empty_value_display", empty)
    if isinstance(value, str | Promise):
        return (str(value) if str(value).strip() else empty), False
    if value is not None and getattr(getattr(attr, "fget", attr), "boolean", False):
        return said(value), False
    return display_for_value(value, empty), isinstance(value, date | time)


def said(value: bool) -> str:
    return _("Yes") if value else _("No")


def published(value: bool) -> SafeString:
    return badge("public", _("Public")) if value else badge("draft", _("Not public"))


def badge(state: str, words: Any) -> SafeString:
    """A state in words, in the colour that states of this name have (admin.css)."""
    return _badge(state, str(words))


@lru_cache(maxsize=1_000, typed=True)  # words that are marked as safe are others than the same ones that are not
def _badge(state: str, words: str) -> SafeString:
    return format_html('<span class="badge {}">{}</span>', state, words)
