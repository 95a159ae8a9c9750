"""How the organisers' pages add, change and delete rows: by Django, or by the verb of a rule in its place; and what follows for
the public and for whoever did it."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from events.shared.admin import publishing
from events.shared.admin.admin_recording import EVERY, RecordedAdmin
from events.shared.pages import revision


class SavedAdmin(RecordedAdmin):
    """`rules`: the verbs by which rows are added, changed and deleted (“add”, “change”, “delete”), where that is more than to save
    them: `verb(row, by=…, now=…)`, and what its form gives it beside the row (`form.given()`). One that adds may return another
    row, which it has made. A form may have warnings (`form.warnings()`), which are told once all is saved.

    `is_public_content`: each change of these rows is seen by the public, and raises the public revision in the same transaction.
    `is_part_of_session`: it is a change of their session too, for those who keep a copy of the programme."""

    rules: Mapping[str, Callable[..., Any]] = {}
    is_public_content = False
    is_part_of_session = False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if _publishes(form, change=change):
            obj.is_public = not obj.is_public  # until the rule of publishing has spoken: `save_related`
        obj.reader = request.user  # rows of an inline may have a rule too
        rule = self.rules.get("change" if change else "add")
        if rule is None:
            super().save_model(request, obj, form, change)
            return
        made = rule(obj, **getattr(form, "given", dict)(), by=request.user, now=timezone.now())
        if obj.pk is None:
            obj.pk = made.pk
            obj.refresh_from_db()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        row: Any = form.instance
        if _publishes(form, change=change):
            verb = publishing.hide if row.is_public else publishing.publish
            verb(row, by=request.user, now=timezone.now())  # type: ignore[arg-type]  # of the staff
        self._has_changed([row.session_id, form.initial.get("session")] if self.is_part_of_session else ())
        for sentence in getattr(form, "warnings", tuple)():
            self.message_user(request, sentence, messages.WARNING)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        session = [obj.session_id] if self.is_part_of_session else []
        if rule := self.rules.get("delete"):
            rule(obj, by=request.user, now=timezone.now())
        else:
            super().delete_model(request, obj)
        self._has_changed(session)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        sessions = list(queryset.values_list("session", flat=True)) if self.is_part_of_session else []
        if rule := self.rules.get("delete"):
            for row in queryset:
                rule(row, by=request.user, now=timezone.now())
        else:
            super().delete_queryset(request, queryset)
        self._has_changed(sessions)

    def _has_changed(self, sessions: Collection[int | None]) -> None:
        if self.is_part_of_session:
            revision.touch(sessions, now=timezone.now())
        if self.is_public_content:
            revision.bump()


def _publishes(form: Any, *, change: bool) -> bool:
    """Whether a form has a box “public” that shows its row, or hides it."""
    return bool("is_public" in form.changed_data if change else form.cleaned_data.get("is_public"))


class PublicContentMixin:
    """Every change of these rows is seen by the public, and the history keeps the values."""

    is_public_content = True
    kept_values = EVERY
