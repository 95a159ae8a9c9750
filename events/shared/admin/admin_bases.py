"""What the organisers' pages share: wall-clock times, public content, read-only rows, refusals in words."""

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from functools import partial
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import get_model_from_relation, reverse_field_path
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.db import models
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, ngettext_lazy
from django.utils.translation import gettext as _

from events.models import SDG, ActionLine, Country, SearchWords, SessionType, Theme, User, Viewing
from events.shared.admin import publishing
from events.shared.admin.admin_page_bases import AdminPages, RightsOn
from events.shared.admin.admin_saving import PublicContentMixin as PublicContentMixin
from events.shared.admin.admin_saving import SavedAdmin
from events.shared.admin.current_forum import address_in, current_forum, of_forum
from events.shared.admin.form_parts import Head, Tabs, heads, parts
from events.shared.admin.lists.large_lists import LargeLists
from events.shared.admin.local_times import AddressField, DayField, WallClockField, WallClockForm, WallClockWidget
from events.shared.admin.relation_fields import KeySelect, KeysMixin, is_key
from events.shared.formatting.names import row_name
from events.shared.once_a_revision import once_a_revision
from events.shared.pages.find_forum import needed_in_the_archive
from events.shared.rights import memberships

PUBLIC = {
    ActionLine,
    Country,
    SDG,
    SearchWords,
    SessionType,
    Theme,
}  # of the whole site; each change raises the public revision


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


class IsSet(admin.SimpleListFilter):
    """A filter by whether a column (`parameter_name`) has a value, such as the moment of a withdrawal; `words`: for no, and for yes."""

    words: tuple[Any, Any]

    def lookups(self, request, model_admin):
        return list(zip(("no", "yes"), self.words, strict=True))

    def queryset(self, request, queryset):
        if self.value() not in {"no", "yes"}:
            return queryset
        return queryset.filter(**{f"{self.parameter_name}__isnull": self.value() == "no"})


# For `formfield_overrides`: links to few rows are boxes to tick.
BOXES = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple(attrs={"class": "checks"})}}


class SiteAdmin(KeysMixin, LargeLists, SavedAdmin):
    """`fixed_fields` are not changed once the row is there, those of `fixed_once` once something is true of it. The page of a new
    row leaves out `change_only`, that of another one `add_only`; a page to read leaves out `write_only`, one to fill in `read_only`.
    `new_fieldsets`: what a new row asks for, where that is much less. `tabs`: what stands together on the page."""

    fixed_fields: Collection[str] = ()
    fixed_once: Mapping[str, Callable[[Any], bool]] = {}
    change_only: Collection[str] = ()
    add_only: Collection[str] = ()
    write_only: Collection[str] = ()
    read_only: Collection[str] = ()
    new_fieldsets: Sequence[Any] = ()
    tabs: Tabs = ()

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

    def response_action(self, request, queryset, **options):
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
        return super().response_action(request, queryset, **options)

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
        """The form knows who fills it in, and the forum of the page: a new row is one of that, where the person may add it there."""
        found: Any = super().get_form(request, obj, change, **kwargs)
        found.by, found.page_forum = request.user, current_forum(request)
        found.proposed = self.get_prepopulated_fields(request, obj)
        may_add = found.page_forum and memberships.has(request.user, self.right("add"), found.page_forum)
        found.new_in = found.page_forum if may_add else None
        return found

    def get_readonly_fields(self, request, obj=None):
        fixed = [name for name, is_fixed in self.fixed_once.items() if obj and is_fixed(obj)]
        return [*super().get_readonly_fields(request, obj), *(self.fixed_fields if obj else ()), *fixed]

    def get_fieldsets(self, request, obj=None):
        if obj is None and self.new_fieldsets:
            return self.new_fieldsets
        left_out = {*(self.add_only if obj else self.change_only)}
        left_out |= {name for name, right in self.guarded.items() if not request.user.has_perm(right, obj)}
        if self.write_only or self.read_only:
            writes = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
            left_out |= {*(self.read_only if writes else self.write_only)}
        shown = [
            (title, {**part, "fields": [name for name in part["fields"] if name not in left_out]})
            for title, part in super().get_fieldsets(request, obj)
        ]
        return [(title, part) for title, part in shown if part["fields"]]

    def get_prepopulated_fields(self, request, obj=None):
        """The address of a new row is proposed from its name; that of one that exists is changed on purpose."""
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def render_change_form(self, request, context, *args, **kwargs):
        """With the page's parts, which are its tabs, what is wrong in all of them, and what stands beside the form of a row."""
        context["adminform"].form.label_suffix = ""
        if row := kwargs.get("obj"):
            self.saw(request, Viewing.Kind.PAGE, [row])
            more = [function(row, request.user) for function in heads.of(self.opts.label)]
            head = self.head(request, row).with_more(*more, self._head_of_person(request, row))
            context = {**context, "perms": RightsOn(request.user, row), "head": head, **self.beside(request, row)}
        found = parts(context["adminform"], context["inline_admin_formsets"], tabs=self.tabs)
        context = {**context, "parts": found, "problems": [problem for part in found for problem in part.problems]}
        if not (context["adminform"].form.fields or context["inline_admin_formsets"]):
            context |= {"show_save": False, "show_save_and_continue": False}  # nothing can be filled in
        return super().render_change_form(request, context, *args, **kwargs)

    def _head_of_person(self, request, row):
        """The way to the page of all that the person of a row is here, for who may read that account."""
        key = self.account_of(request, row)
        accounts: Any = self.admin_site.get_model_admin(User)
        if key is None or not accounts.has_view_permission(request):
            return Head()
        is_seen = accounts.seen(request, User.objects.filter(pk=key)).exists()
        return Head(acts=[(_("All of this person"), reverse("admin:person", args=[key]))] if is_seen else [])

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


def _without(rows, words):
    """The lines of a nested list that do not begin with one of these words."""
    return [
        _without(row, words) if isinstance(row, list) else row
        for row in rows
        if isinstance(row, list) or not row.startswith(words)
    ]


class NamedFormSet(forms.BaseInlineFormSet):
    """Rows whose fields say their names (the column's head is no label), whose “delete” box says what it does, and that ask for nothing that the page has read already: neither for the
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
            widget.attrs.setdefault("aria-label", capfirst(field.label or name))
            if isinstance(widget, KeySelect) and (
                known := self.model._meta.get_field(name).get_cached_value(form.instance, default=None)
            ):
                widget.known = known
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = _("Delete %(row)s") % {
                "row": form.instance if form.instance.pk else self.model._meta.verbose_name
            }


class RowsInline(KeysMixin, admin.TabularInline):
    """A table of rows inside another page."""

    extra = 0
    formset = NamedFormSet
    joined: Sequence[str] = ()  # what the rows name, beside the fields that are searched in

    def get_queryset(self, request):
        named = [*self.get_autocomplete_fields(request), *self.joined]
        rows = super().get_queryset(request)
        return rows.select_related(*named) if named else rows


class PublishedMixin(AdminPages):
    """Rows that organisers choose in the list to show them to the public or to take them back."""

    written_by_rules: Container[str] = ("is_public",)
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
