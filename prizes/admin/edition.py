"""The organisers' pages of the prize: editions with their phases and categories."""

from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from events.admin.bases import NamedFormSet, PublicContentMixin, Rows, SiteAdmin
from events.admin.wallclock import UTC, WallClockForm, zone_of_choice
from events.zones import zone_names
from prizes.models import Category, Edition, Phase, check_phase_order


class EditionForm(WallClockForm):
    time_zone = forms.CharField(
        label=_("Time zone of the deadlines"),
        initial="Europe/Zurich",
        max_length=64,
        widget=forms.TextInput(attrs={"list": "zones"}),
        help_text=_("A city’s zone, such as Europe/Zurich."),
    )


class PhaseForm(WallClockForm):
    def shown_zone(self) -> ZoneInfo:
        edition = self.instance.edition if self.instance.edition_id else None
        return edition.zone if edition else zone_of_choice(self.zone_name, otherwise=UTC)

    def chosen_zone(self) -> ZoneInfo:
        return zone_of_choice(self.zone_name, otherwise=self.shown_zone())

    zone_name = "Europe/Zurich"


class PhaseFormSet(NamedFormSet):
    """Phases are entered in the zone that the edition has on this page, saved or not."""

    def _construct_form(self, i, **kwargs):
        form = super()._construct_form(i, **kwargs)
        form.zone_name = self.instance.time_zone or "Europe/Zurich"
        return form

    def clean(self):
        super().clean()
        rows = [
            (form.cleaned_data["kind"], form.cleaned_data["starts"], form.cleaned_data["ends"])
            for form in self.forms
            if not form.errors
            and {"kind", "starts", "ends"} <= form.cleaned_data.keys()
            and all(form.cleaned_data[name] for name in ("kind", "starts", "ends"))
            and not form.cleaned_data.get("DELETE")
        ]
        check_phase_order(rows)


class PhaseInline(Rows):
    model = Phase
    form = PhaseForm
    formset = PhaseFormSet
    formfield_overrides = SiteAdmin.formfield_overrides


class CategoryInline(Rows):
    model = Category
    autocomplete_fields = ["action_line"]


@admin.register(Edition)
class EditionAdmin(PublicContentMixin, SiteAdmin):
    form = EditionForm
    change_form_template = "admin/zoned_form.html"
    list_display = ["name", "forum", "time_zone", "is_public"]
    list_filter = ["is_public"]
    list_select_related = ["forum"]
    search_fields = ["name", "forum__name"]
    autocomplete_fields = ["forum"]
    inlines = [PhaseInline, CategoryInline]
    fieldsets = [
        (
            None,
            {
                "fields": ["forum", "name", "time_zone", "is_public"],
                "description": _("One edition of the prize for each forum. Deadlines are in its time zone."),
            },
        )
    ]

    def render_change_form(self, request, context, *args, **kwargs):
        return super().render_change_form(request, {**context, "zones": zone_names()}, *args, **kwargs)


class StoredPhaseForm(PhaseForm):
    """A phase on a page of its own."""

    def clean(self):
        data = super().clean()
        edition = data.get("edition")
        if edition and {"kind", "starts", "ends"} <= data.keys() and not self.errors:
            others = Phase.objects.filter(edition=edition).exclude(pk=self.instance.pk)
            rows = [*others.values_list("kind", "starts", "ends"), (data["kind"], data["starts"], data["ends"])]
            try:
                check_phase_order(rows)
            except ValidationError as refusal:
                self.add_error("starts", refusal)
        return data

    def chosen_zone(self) -> ZoneInfo:
        edition = self.cleaned_data.get("edition")
        return edition.zone if edition else self.shown_zone()


@admin.register(Phase)
class PhaseAdmin(PublicContentMixin, SiteAdmin):
    form = StoredPhaseForm
    list_display = ["kind", "edition", "starts", "ends"]
    list_filter = ["edition", "kind"]
    list_select_related = ["edition"]
    search_fields = ["edition__name"]
    date_hierarchy = "starts"
    autocomplete_fields = ["edition"]
    fieldsets = [
        (
            None,
            {
                "fields": ["edition", "kind", ("starts", "ends")],
                "description": _("Phases follow each other in the order of the rules and do not overlap."),
            },
        )
    ]


@admin.register(Category)
class CategoryAdmin(PublicContentMixin, SiteAdmin):
    list_display = ["number", "title", "action_line", "edition"]
    list_display_links = ["number", "title"]
    list_filter = ["edition"]
    list_select_related = ["edition", "action_line"]
    search_fields = ["title", "action_line__code", "action_line__short_name"]
    autocomplete_fields = ["edition", "action_line"]
    fieldsets = [
        (
            None,
            {
                "fields": ["edition", "number", "title", "action_line"],
                "description": _("One category for each Action Line, in their order."),
            },
        )
    ]
