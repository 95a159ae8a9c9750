"""What the organisers' pages add, change and delete goes into the one history, with the values that may stand there."""

from collections.abc import Container, Iterable, Sequence
from datetime import date, datetime, time
from typing import Any, cast

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Manager, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import HistoryEntry, User, Viewing
from events.shared.admin import shown_history
from events.shared.admin.admin_page_bases import ASK_FIRST, AdminPages, OwnPage
from events.shared.history import log, viewings
from events.shared.history.log import EVERY, Every
from events.shared.history.verbs import Verb

LONGEST = 500  # characters of a value


class RecordedAdmin(AdminPages):
    """`kept_values`: the fields whose values the history keeps; of the others it says only that they changed.
    `written_by_rules`: the fields whose changes a rule writes down itself; `is_deleted_by_rules`: one writes deletions."""

    # The path from a row to the account whose data it shows, such as "registration__user" or "pk"; "": nobody's. Lists of
    # rows that name no person until one is opened say so.
    shown_person = ""
    is_person_listed = True

    own_pages: Sequence[OwnPage] = (OwnPage("<path:object_id>/history/", "history_page", "{model}_history"),)
    kept_values: Container[str] = ()
    written_by_rules: Container[str] = ()
    is_deleted_by_rules = False

    def person_path(self, request: HttpRequest) -> str:
        """`shown_person`, as far as who asks sees the person."""
        return self.shown_person

    def account_of(self, request: HttpRequest, row: Model) -> int | None:
        """The key of the account whose data a row is; None where it is nobody's, or who asks does not see whose."""
        path = self.person_path(request)
        return _account_of(row, path) if path else None

    def saw(self, request: HttpRequest, kind: Viewing.Kind, rows: Iterable[Any]) -> None:
        """Write down that these rows were shown, where they are data of people: one INSERT. Asks nothing of rows whose way to
        the account is loaded."""
        path = self.person_path(request)
        if not path or (kind == Viewing.Kind.LIST and not self.is_person_listed):
            return
        shown = list(rows)
        forums = {getattr(row, "forum_id", None) for row in shown}
        forum_id = forums.pop() if len(forums) == 1 else None
        self.saw_people(request, kind, [_account_of(row, path) for row in shown], forum_id=forum_id)

    def saw_people(
        self,
        request: HttpRequest,
        kind: Viewing.Kind,
        people: Iterable[int | None],
        *,
        model: type[Model] | None = None,
        forum_id: int | None = None,
    ) -> None:
        """Write down that the data of these accounts were shown; for pages of ours. `model`: of the rows, where it is not
        that of the list."""
        by, label = cast("User", request.user), (model or self.model)._meta.label_lower
        viewings.record(by=by, kind=kind, model=label, people=people, forum_id=forum_id, now=timezone.now())

    def took_out(self, request: HttpRequest, rows: QuerySet[Any], *, path: str = "") -> None:
        """Write down that these rows were taken out as a file: how many, and whose data. `path`: to the account, where the rows
        are not those of the list."""
        if path := path or self.person_path(request):
            people = rows.order_by().values_list(path, flat=True).distinct()
            self.saw_people(request, Viewing.Kind.EXPORT, people, model=rows.model)
        by, label = cast("User", request.user), f"{rows.model._meta.verbose_name_plural}: {rows.count()}"
        log.record(rows.model(), verb=Verb.EXPORT_TABLE, by=by, now=timezone.now(), label=label)

    def admin_page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        """A page that asks before something is done names the people with whom."""
        if template == ASK_FIRST:
            self.saw(request, Viewing.Kind.PAGE if context.get("back") else Viewing.Kind.LIST, context["rows"])
        return super().admin_page(request, template, **context)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Then all that the form says is saved, and goes into the history."""
        super().save_related(request, form, formsets, change)
        said = self._change_of(form, formsets, is_new=not change)
        if said["before"] or said["after"] or not (change or self.written_by_rules is EVERY):
            log.record_many([self._entry(request, form.instance, Verb.CHANGE if change else Verb.ADD, **said)])

    def _change_of(self, form: Any, formsets: Iterable[Any], *, is_new: bool) -> dict[str, Any]:
        """What changed, as `before` and `after`: taken from the form, which knows both."""
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        silent = []
        for name in form.changed_data:
            field = form.fields[name]
            if name in self.written_by_rules:
                continue
            if name not in self.kept_values or isinstance(field, forms.EmailField):
                silent.append(name)
                continue
            if not is_new:
                before[name] = text_of(form.get_initial_for_field(field, name), field=field)
            after[name] = text_of(form.cleaned_data.get(name), field=field)
        if silent:
            after["fields"] = silent
        for formset in formsets:
            if not getattr(formset, "is_written_by_rules", False):
                self._add_rows(formset, before=before, after=after)
        return {"before": before, "after": after}

    def _add_rows(self, formset: Any, *, before: dict[str, Any], after: dict[str, Any]) -> None:
        """The rows of an inline: what was added and changed in `after`, what was deleted in `before`."""
        name = formset.model._meta.model_name
        changed = [row for row, _fields in formset.changed_objects]
        for values, what, rows in (
            (after, "added", formset.new_objects),
            (after, "changed", changed),
            (before, "deleted", formset.deleted_objects),
        ):
            if rows:
                values[f"{name} {what}"] = [self.history_label(row) for row in rows]

    def history_label(self, row: Model) -> str:
        """What a row is called in the history: its name, or its number alone where the name is a person's."""
        return str(row) if isinstance(self.kept_values, Every) else f"#{row.pk}"

    def _entry(self, request: HttpRequest, row: Model, verb: Verb, **more: Any) -> HistoryEntry:
        label = self.history_label(row)
        return log.entry(row, verb=verb, by=cast("User", request.user), now=timezone.now(), label=label, **more)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Django's own log stays empty: see `save_related`."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Django's own log stays empty: see `save_related`."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        if not self.is_deleted_by_rules:
            log.record_many([self._entry(request, row, Verb.DELETE) for row in queryset])

    def history_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What was done with a row, from our own history."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        self.saw(request, Viewing.Kind.HISTORY, [row])
        found = shown_history.readable(cast("User", request.user)) & log.of(row)
        page = self.get_paginator(request, found.select_related("actor", "forum"), 100).get_page(request.GET.get("p"))
        context = {
            "title": _("History: %(name)s") % {"name": row},
            "page": page,
            "lines": [shown_history.line(entry) for entry in page],
            "object": row,
        }
        return self.admin_page(request, "admin/object_history.html", **context)


def _account_of(row: Any, path: str) -> int | None:
    """The key of the account at the end of a path."""
    *names, last = path.split("__")
    for name in names:
        row = getattr(row, name, None)
    key: int | None = getattr(row, last if last == "pk" else f"{last}_id", None)
    return key


def text_of(value: Any, *, field: forms.Field | None = None) -> Any:
    """A form's value as the history keeps it: words, numbers, yes or no, or a list of such."""
    if isinstance(field, forms.ModelChoiceField) and isinstance(value, int):
        model = field.queryset.model if field.queryset is not None else None
        value = model._base_manager.filter(pk=value).first() if model else value
    if isinstance(value, Manager):
        value = value.all()
    if isinstance(value, QuerySet | list | tuple | set):
        return [text_of(one) for one in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)[:LONGEST]
