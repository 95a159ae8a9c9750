"""Pages of what the programme is sorted by."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from events.models import SDG, ActionLine, Country, MatrixLink, Organisation, SessionType
from events.staff.admin_bases import PublicContentMixin, SiteAdmin, section


@admin.register(Country)
class CountryAdmin(PublicContentMixin, SiteAdmin):
    list_display = ["name", "code", "region", "prize_region"]
    list_filter = ["region", "prize_region"]
    search_fields = ["name", "code", "name_fr", "name_ar"]
    fieldsets = [
        section(["code", "name", "name_fr", "name_ar"], _("The short names used by the United Nations.")),
        section(
            ["region", "prize_region"],
            _("Every country counts in one region for attendance and in one for the prizes."),
            _("Regions"),
        ),
    ]

    def get_readonly_fields(self, request, obj=None):
        return ["code"] if obj else []


@admin.register(Organisation)
class OrganisationAdmin(PublicContentMixin, SiteAdmin):
    list_display = ["name", "acronym", "stakeholder_type", "country", "is_sample"]
    list_filter = ["stakeholder_type", "is_sample", "country__region"]
    list_select_related = ["country"]
    search_fields = ["name", "acronym"]
    autocomplete_fields = ["country"]
    fieldsets = [
        section(
            ["name", "acronym", "stakeholder_type", "country", "website"],
            _("One row per organisation. Search first: two spellings of one body split its figures."),
        )
    ]


@admin.register(SessionType)
class SessionTypeAdmin(PublicContentMixin, SiteAdmin):
    list_display = ["name", "code", "is_secretariat_only", "order"]
    list_filter = ["is_secretariat_only"]
    search_fields = ["name", "code"]
    fieldsets = [
        section(
            ["name", "code", "is_secretariat_only", "order"],
            _("The kinds of sessions, in the order in which filters show them."),
        )
    ]


@admin.register(ActionLine)
class ActionLineAdmin(PublicContentMixin, SiteAdmin):
    list_display = ["code", "short_name", "title", "parent", "order"]
    list_display_links = ["code", "short_name"]
    list_filter = [("parent", admin.EmptyFieldListFilter)]
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
    list_display = ["number", "title", "color", "has_white_text"]
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

    def get_readonly_fields(self, request, obj=None):
        return ["number"] if obj else []


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
