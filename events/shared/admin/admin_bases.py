"""What the organisers' pages share: wall-clock times, public content, read-only rows, refusals in words."""

import re
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import get_model_from_relation, reverse_field_path
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import IntegrityError, models, transaction
from django.http import HttpResponseRedirect
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, ngettext_lazy
from django.utils.translation import gettext as _

from events.models import SDG, ActionLine, Country, SessionType, Theme
from events.shared.admin import publishing
from events.shared.admin.admin_page_bases import AdminPages
from events.shared.admin.admin_recording import EVERY, RecordedAdmin
from events.shared.admin.current_forum import address_in, of_forum
from events.shared.admin.form_parts import parts
from events.shared.admin.lists.large_lists import LargeLists
from events.shared.admin.local_times import AddressField, DayField, WallClockField, WallClockForm, WallClockWidget
from events.shared.admin.relation_fields import KeySelect, KeysMixin, is_key
from events.shared.formatting.names import row_name
from events.shared.once_a_revision import once_a_revision
from events.shared.pages import revision
from events.shared.pages.find_forum import needed_in_the_archive
from events.shared.rights import memberships

PUBLIC = {ActionLine, Country, SDG, SessionType, Theme}  # of the whole site; each change raises the public revision
YEAR = re.compile("[1-8][0-9]{3}")  # Django counts from it to the next, and no date is later than 9999


@once_a_revision
def _choices(field, ordering, _language):
    rows = get_model_from_relation(field)._default_manager.order_by(*ordering)
    return [(row.pk, row_name(row)) for row in rows]


class SeenChoices(admin.RelatedFieldListFilter):
    """Every filter by a relation: it names rows of the forum that the list shows, and no others."""

    def field_choices(self, field, request, model_admin):
        other = get_model_from_relation(field)
        if other in PUBLIC:
            return _choices(field, tuple(self.field_admin_ordering(field, request, model_admin)), get_language())
        if not memberships.forum_paths(other):
            return super().field_choices(field, request, model_admin)
        ordering = tuple(self.field_admin_ordering(field, request, model_admin))
        seen = of_forum(model_admin.seen(request, other._default_manager.all()), request)
        return [(row.pk, row_name(row)) for row in (seen.order_by(*ordering) if ordering else seen)]


admin.FieldListFilter.register(lambda field: bool(field.remote_field), SeenChoices, take_priority=True)


class IsFilled(admin.EmptyFieldListFilter):
    """A filter by whether anything stands in a column: yes or no."""

    def choices(self, changelist):
        every, empty, filled = super().choices(changelist)
        return [every, empty | {"display": _("No")}, filled | {"display": _("Yes")}]


class SeenValues(admin.AllValuesFieldListFilter):
    """A filter by the values that rows of another table have, in the forum that the list shows."""

    def __init__(self, field, request, params, model, model_admin, field_path):
        super().__init__(field, request, params, model, model_admin, field_path)
        rows = of_forum(
            model_admin.seen(request, reverse_field_path(model, field_path)[0]._default_manager.all()), request
        )
        self.lookup_choices = rows.distinct().order_by(field.name).values_list(field.name, flat=True)


class ByValue(admin.SimpleListFilter):
    """A filter by what stands in a column."""

    column = ""

    def queryset(self, request, queryset):
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


# For `formfield_overrides`: links to few rows are boxes to tick.
BOXES = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple(attrs={"class": "checks"})}}


class SiteAdmin(KeysMixin, LargeLists, RecordedAdmin):
    """`fixed_fields` are not changed once the row is there; the page of a new row leaves out `change_only`, that of another one
    `add_only`. `new_fieldsets`: what a new row asks for, where that is much less."""

    fixed_fields: Collection[str] = ()
    change_only: Collection[str] = ()
    add_only: Collection[str] = ()
    new_fieldsets: Sequence[Any] = ()

    form = WallClockForm
    list_per_page = 50
    list_max_show_all = 200
    formfield_overrides = {
        models.DateTimeField: {"form_class": WallClockField, "widget": WallClockWidget},
        models.CharField: {"widget": AdminTextInputWidget(attrs={"dir": "auto"})},
        models.TextField: {"widget": AdminTextareaWidget(attrs={"dir": "auto"})},
        models.SlugField: {"form_class": AddressField},
        models.URLField: {"assume_scheme": "https"},
        models.DateField: {"form_class": DayField, "widget": DayField.widget},
    }

    def lookup_allowed(self, lookup, value, request=None):
        if lookup == f"{self.date_hierarchy}__year" and not YEAR.fullmatch(value):
            return False
        return not self._is_hidden(lookup, request) and super().lookup_allowed(lookup, value, request)

    def _is_hidden(self, lookup, request):
        """Whether a filter in the address asks for what the list does not show: a column of these rows that is kept from
        the page (`?secret__startswith=A`, sign by sign), which rows hang on this one (`?win__isnull=0`), or what the list
        has computed (`?_mean__gte=2`). Django allows all three; here only keys, the list's own columns and its filters
        may."""
        filters = [
            name if isinstance(name, str) or callable(name) else name[0] for name in self.get_list_filter(request)
        ]
        declared = [name if isinstance(name, str) else getattr(name, "parameter_name", None) for name in filters]
        declared.append(self.date_hierarchy)
        if any(lookup == name or lookup.startswith(f"{name}__") for name in declared if name):
            return False
        first = lookup.split("__")[0]
        try:
            field = self.opts.pk if first == "pk" else self.opts.get_field(first)
        except FieldDoesNotExist:
            return True
        if field.auto_created and not field.concrete:
            return True
        return not field.primary_key and first not in self.all_columns(request)

    def response_action(self, request, queryset):
        """What was chosen and is no key names no row; Django would ask the database for it. Where a row that was chosen is
        not there, or belongs to a forum in which the person may not do this, nothing is done with any."""
        request.POST = request.POST.copy()
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        keys = [sent for sent in chosen if is_key(sent, field=self.opts.pk)]
        request.POST.setlist(ACTION_CHECKBOX_NAME, keys)
        if self._is_closed(request, queryset, keys=keys):
            words = _("Not all that you chose is here for you to do this with. Nothing was done: choose again.")
            messages.error(request, words)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset)

    def _is_closed(self, request, rows, *, keys):
        """Whether one of the rows that an action was sent for is not among those of the list, or not the person's to act on."""
        is_all = forms.BooleanField(required=False).clean(request.POST.get("select_across", "0"))
        chosen = (rows if is_all else rows.filter(pk__in=keys)).order_by()
        if not is_all and chosen.values("pk").count() < len({self.opts.pk.to_python(key) for key in keys}):
            return True
        known = self.get_actions(request)
        actions = [known[name][0] for name in request.POST.getlist("action") if name in known]
        verbs = {verb for action in actions for verb in getattr(action, "allowed_permissions", ())}
        return any(
            chosen.exclude(
                pk__in=self.seen(request, self.model._default_manager.order_by(), verb).values("pk")
            ).exists()
            for verb in verbs
            if not memberships.is_in_every_row(request.user, self.right(verb))
        )

    def get_form(self, request, obj=None, change=False, **kwargs):
        found = super().get_form(request, obj, change, **kwargs)
        if issubclass(found, WallClockForm):
            found.proposed = self.get_prepopulated_fields(request, obj)
        return found

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *(self.fixed_fields if obj else ())]

    def get_fieldsets(self, request, obj=None):
        if obj is None and self.new_fieldsets:
            return self.new_fieldsets
        left_out = self.add_only if obj else self.change_only
        return [
            (title, {**part, "fields": [name for name in part["fields"] if name not in left_out]})
            for title, part in super().get_fieldsets(request, obj)
        ]

    def get_prepopulated_fields(self, request, obj=None):
        """The address of a new row is proposed from its name; that of one that exists is changed on purpose."""
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """What a rule or a constraint refuses after the form was right (somebody was faster, or clicked twice) is told in words.
        The form is shown again as it was opened, without what was typed."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as refusal:
            return self._refused(request, refusal)
        except IntegrityError as error:
            if "unique" not in str(error).casefold():
                raise
            return self._refused(request, ValidationError(_("This was saved a moment ago. Look at the list.")))

    def render_change_form(self, request, context, *args, **kwargs):
        """With the page's parts, which are its tabs, and what is wrong in all of them."""
        found = parts(context["adminform"], context["inline_admin_formsets"])
        context = {**context, "parts": found, "problems": [problem for part in found for problem in part.problems]}
        if not (context["adminform"].form.fields or context["inline_admin_formsets"]):
            context |= {"show_save": False, "show_save_and_continue": False}  # nothing can be filled in
        return super().render_change_form(request, context, *args, **kwargs)

    def get_deleted_objects(self, objs, request):
        """Without the rows that only tie two others together: Django names them after its tables. What an archived forum needs
        stays."""
        rows, numbers, lacking, protected = super().get_deleted_objects(objs, request)
        if needed := needed_in_the_archive(objs):
            lacking, protected = set(), [*needed, *protected]
        ties = [one._meta for one in apps.get_models(include_auto_created=True) if one._meta.auto_created]
        words = tuple(f"{capfirst(tie.verbose_name)}:" for tie in ties)
        plurals = {tie.verbose_name_plural for tie in ties}
        counted = {name: number for name, number in numbers.items() if name not in plurals}
        return _without(rows, words), counted, lacking, protected

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except ValidationError as refusal:
            return self._refused(request, refusal)

    @staticmethod
    def _refused(request, refusal):
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(request.get_full_path())


def _without(rows, words):
    """The lines of a nested list that do not begin with one of these words."""
    return [
        _without(row, words) if isinstance(row, list) else row
        for row in rows
        if isinstance(row, list) or not row.startswith(words)
    ]


class NamedFormSet(forms.BaseInlineFormSet):
    """Rows whose “delete” box says what it does, and that ask for nothing that the page has read already: neither for the
    row above them, nor for the one that a field names.

    When a form is saved, the row above them already has what was sent: then they ask for it as it was.
    """

    def get_queryset(self):
        rows = super().get_queryset()
        for row in rows if not self.is_bound else ():
            setattr(row, self.fk.name, self.instance)
        return rows

    def add_fields(self, form, index):
        super().add_fields(form, index)
        for name, field in form.fields.items():
            widget = getattr(field.widget, "widget", field.widget)  # select fields are wrapped with their links
            if isinstance(widget, KeySelect) and (
                known := self.model._meta.get_field(name).get_cached_value(form.instance, default=None)
            ):
                widget.known = known
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = _("Delete %(row)s") % {
                "row": form.instance if form.instance.pk else self.model._meta.verbose_name
            }


class RowsInline(KeysMixin, admin.TabularInline):
    """A table of rows inside another page: every field says its name, because the column's head is no label."""

    extra = 0
    formset = NamedFormSet
    joined: Sequence[str] = ()  # what the rows name, beside the fields that are searched in

    def get_queryset(self, request):
        named = [*self.get_autocomplete_fields(request), *self.joined]
        rows = super().get_queryset(request)
        return rows.select_related(*named) if named else rows

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            widget = getattr(field.widget, "widget", field.widget)  # select fields are wrapped with their links
            widget.attrs.setdefault("aria-label", capfirst(field.label))
        return field


class PublicContentMixin(admin.ModelAdmin):
    """Every change of these rows is seen by the public: it raises the public revision in the same transaction, and the
    history keeps the values."""

    kept_values = EVERY

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        revision.bump()

    def delete_model(self, request, obj):
        super().delete_model(request, obj)
        revision.bump()

    @transaction.atomic
    def delete_queryset(self, request, queryset):
        super().delete_queryset(request, queryset)
        revision.bump()


class PublishedMixin(AdminPages):
    """Rows that organisers choose in the list to show them to the public or to take them back."""

    actions = ("publish", "hide")

    @admin.action(description=gettext_lazy("Publish"), permissions=["change"])
    def publish(self, request, queryset):
        done = ngettext_lazy("%(n)s published.", "%(n)s published.", "n")
        self.each(request, queryset, verb=publishing.publish, done=done)

    @admin.action(description=gettext_lazy("Take back from the public"), permissions=["change"])
    def hide(self, request, queryset):
        done = ngettext_lazy("%(n)s hidden from the public.", "%(n)s hidden from the public.", "n")
        self.each(request, queryset, verb=publishing.hide, done=done)


class PublicPageMixin(AdminPages):
    """Rows that a button of their page shows to the public, or hides."""

    def public_page(self, request, row, *, publish, hide, about, forum):
        """Ask, then show a row to the public, or hide one that is public. `publish` and `hide`: the titles; `about`: what publishing
        means; `forum`: on whose set-up page the person goes on."""
        if row.is_public:
            verb, title, done = publishing.hide, hide, _("Nobody outside sees “%(name)s” any more.")
            about = _("Its pages answer to nobody outside from then on. You can show it again at any time.")
        else:
            verb, title, done = publishing.publish, publish, _("“%(name)s” is public.")
        return self.ask_about(
            request,
            row,
            form=forms.Form,
            verb=partial(verb, row),
            done=done % {"name": row.name},
            title=title,
            about=about,
            to=address_in(forum, "set_up"),
        )


class OneByOneMixin:
    """Rows that are deleted on their pages only: among many chosen ones there may be some that stay."""

    def get_actions(self, request):
        return {name: one for name, one in super().get_actions(request).items() if name != "delete_selected"}


class ReadOnlyMixin:
    """Rows that the site writes itself: people look, nobody edits."""

    never: Collection[str] = ("add", "change", "delete")


def is_known(row: models.Model) -> bool:
    """Whether the public sees a row as it is stored: a form with mistakes has already written on the row what was sent."""
    return type(row)._base_manager.filter(pk=row.pk, is_public=True).exists()


def section(fields, about, title=None):
    """A part of an add or change page for `fieldsets`: its fields, what organisers should know of them, and its title."""
    return title, {"fields": fields, "description": about}


def label_of(model: type[models.Model], name: str) -> str:
    """The name of a field as people read it, for forms that declare the field themselves."""
    return capfirst(model._meta.get_field(name).verbose_name)
