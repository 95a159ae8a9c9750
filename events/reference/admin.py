"""Pages of what the programme is sorted by."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from events.models import (
    SDG,
    ActionLine,
    Country,
    MatrixLink,
    Organisation,
    OrganisationName,
    SearchWords,
    SessionType,
    Theme,
)
from events.models.columns import one_line
from events.reference import merging, organisations
from events.reference.organisation_table import OrganisationResource
from events.shared.admin.admin_bases import IsFilled, PublicContentMixin, RowsInline, SiteAdmin, section
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.form_parts import Head
from events.shared.admin.translated_forms import TranslatedForm, beside, with_texts
from events.shared.formatting.other_languages import OTHER_LANGUAGES
from events.shared.tables.admin_bases import TableMixin


@with_texts(Country)
class CountryForm(TranslatedForm):
    parts = ("name",)


@admin.register(Country)
class CountryAdmin(PublicContentMixin, SiteAdmin):
    form = CountryForm
    fixed_fields = ["code"]
    list_display = ["name", "code", "region", "prize_region"]
    list_filter = ["region", "prize_region"]
    search_fields = ["name", "code", *(f"translations__{code}__name" for code, _name in OTHER_LANGUAGES)]
    fieldsets = [
        section(["code", *beside("name")], _("The short names used by the United Nations.")),
        section(
            ["region", "prize_region"],
            _("Every country counts in one region for attendance and in one for the prizes."),
            _("Regions"),
        ),
    ]


class OtherNameInline(RowsInline):
    model = OrganisationName
    verbose_name_plural = _("other names: who types one of them means this organisation")


class MergeOrganisationsForm(forms.Form):
    """Which organisation stays: one whose name is near, or one that is named."""

    near = forms.ChoiceField(
        label=_("The one that stays"), required=False, widget=forms.RadioSelect(attrs={"class": "checks"})
    )
    name = forms.CharField(
        label=_("Or the name of another"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField", "dir": "auto"}),
        help_text=_("Its name, one of its other names, or its initials."),
    )

    def __init__(self, data, *, organisation):
        super().__init__(data)
        others = [one for one in organisations.near(organisation.name) if one.pk != organisation.pk]
        near: Any = self.fields.pop("near")
        if others:
            near.choices = [(str(one.pk), organisations.label(one)) for one in others]
            self.fields = {"near": near, **self.fields}

    def clean(self):
        """The organisation, as the rule takes it."""
        near, name = self.cleaned_data.get("near"), one_line(self.cleaned_data.get("name") or "")
        if self.errors:
            return self.cleaned_data
        if near and name:
            self.add_error("name", _("Choose one above, or enter a name; not both"))
        found = Organisation.objects.filter(pk=near).first() if near else organisations.find(name) if name else None
        if found is None and not self.errors:
            words = _("No organisation has this name") if name else _("Choose the organisation that stays")
            self.add_error("name", words)
        return {"into": found}


@admin.register(Organisation)
class OrganisationAdmin(TableMixin, PublicContentMixin, SiteAdmin):
    resource = OrganisationResource
    own_pages = (OwnPage("<int:pk>/merge/", "merge", "events_organisation_merge"),)
    list_display = ["name", "acronym", "stakeholder_type", "country", "is_checked", "is_sample"]
    list_filter = ["is_checked", "stakeholder_type", "is_sample", "country__region"]
    list_select_related = ["country"]
    search_fields = ["name", "acronym", "other_names__name"]
    autocomplete_fields = ["country"]
    inlines = [OtherNameInline]
    actions = ["mark_checked"]
    fieldsets = [
        section(
            ["name", "acronym", "stakeholder_type", "country", "website", "is_checked"],
            _("Enter each organisation once. Search first: two spellings of one body split its figures."),
        )
    ]

    @admin.action(description=_("Mark as checked"), permissions=["change"])
    def mark_checked(self, request, queryset):
        done = ngettext_lazy("%(n)s checked.", "%(n)s checked.", "n")
        self.each(request, queryset, verb=merging.check, done=done)

    def may_merge(self, request, organisation):
        return self.has_change_permission(request, organisation) and self.has_delete_permission(request, organisation)

    def head(self, request, row):
        merge = _("Merge into another organisation"), reverse("admin:events_organisation_merge", args=[row.pk])
        return Head(acts=[merge] if self.may_merge(request, row) else [])

    def merge(self, request, pk):
        """Ask which organisation stays, and say what names the one that goes."""
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not self.may_merge(request, row):
            raise PermissionDenied
        return self.form_page(
            request,
            "admin/events/reference/merge.html",
            form=MergeOrganisationsForm(request.POST if request.method == "POST" else None, organisation=row),
            verb=partial(merging.merge, row),
            done=lambda into: _("Merged into “%(name)s”.") % {"name": into.name},
            to=lambda into: reverse("admin:events_organisation_change", args=[into.pk]),
            fields={"same-organisation": "name"},
            title=_("Merge into another organisation"),
            organisation=row,
            uses=merging.uses(row),
        )


@with_texts(SessionType)
class SessionTypeForm(TranslatedForm):
    parts = ("name",)


@admin.register(SessionType)
class SessionTypeAdmin(PublicContentMixin, SiteAdmin):
    form = SessionTypeForm
    list_display = ["name", "code", "is_secretariat_only", "order"]
    prepopulated_fields = {"code": ["name"]}
    list_filter = ["is_secretariat_only"]
    search_fields = ["name", "code"]
    autocomplete_fields = ["forums"]
    fieldsets = [
        section(
            [*beside("name"), "code", "is_secretariat_only", "forums", "is_additional", "order"],
            _("The kinds of sessions, in the order in which filters show them."),
        )
    ]


@with_texts(Theme)
class ThemeForm(TranslatedForm):
    parts = ("name",)


@admin.register(Theme)
class ThemeAdmin(PublicContentMixin, SiteAdmin):
    form = ThemeForm
    list_display = ["name", "code", "order"]
    prepopulated_fields = {"code": ["name"]}
    search_fields = ["name", "code"]
    fieldsets = [
        section(
            [*beside("name"), "code", "order"], _("What outcomes are about, in the order in which filters show it.")
        )
    ]


@admin.register(SearchWords)
class SearchWordsAdmin(PublicContentMixin, SiteAdmin):
    list_display = ["__str__"]
    search_fields = ["words"]
    fieldsets = [section(["words"], _("Words that mean the same to somebody who searches."))]


@admin.register(ActionLine)
class ActionLineAdmin(PublicContentMixin, SiteAdmin):
    list_display = ["code", "short_name", "title", "parent", "order"]
    list_display_links = ["short_name"]
    list_filter = [("parent", IsFilled)]
    list_select_related = ["parent"]
    search_fields = ["code", "title", "short_name"]
    autocomplete_fields = ["parent"]
    fieldsets = [
        section(
            ["code", "title", "short_name", "parent", "order"],
            _("The Action Lines of the Geneva Plan of Action; C7 has eight parts."),
        ),
        section(
            ["description", "facilitators"], _("What the line is about, and which UN bodies facilitate it."), _("More")
        ),
    ]


@admin.register(SDG)
class SDGAdmin(PublicContentMixin, SiteAdmin):
    fixed_fields = ["number"]
    list_display = ["number", "title", "color", "has_white_text"]
    list_display_links = ["title"]
    list_filter = ["has_white_text"]
    search_fields = ["title", "full_title", "number"]
    fieldsets = [
        section(["number", "title", "full_title"], _("The goals in the words of the United Nations.")),
        section(
            ["color", "has_white_text"],
            _("Shown as a plain number tag. Digits are white only where they can be read."),
            _("Colour"),
        ),
    ]


@admin.register(MatrixLink)
class MatrixLinkAdmin(PublicContentMixin, SiteAdmin):
    list_display = ["action_line", "sdg"]
    list_filter = ["action_line", "sdg"]
    list_select_related = ["action_line", "sdg"]
    search_fields = ["action_line__code", "action_line__short_name", "sdg__title", "rationale"]
    autocomplete_fields = ["action_line", "sdg"]
    fieldsets = [
        section(
            ["action_line", "sdg", "rationale"],
            _("A cell of the WSIS–SDG Matrix: this Action Line advances that goal, and why."),
        )
    ]
