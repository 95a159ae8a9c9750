"""The organisers' page of the kinds of registration."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from events.staff.admin_bases import SiteAdmin, section
from registration.models import Kind


@admin.register(Kind)
class KindAdmin(SiteAdmin):
    list_display = ["name", "forum", "mode", "opens", "closes", "capacity", "approval", "is_invited"]
    list_filter = ["forum", "approval"]
    list_select_related = ["forum"]
    search_fields = ["name", "slug"]
    filter_horizontal = ["session_types"]
    fieldsets = [
        section(
            ["forum", "name", "names", "slug", "order", "colour"],
            gettext_lazy(
                "A kind in which people take part, such as delegate or media. Its colour and word stand on the badge."
            ),
        ),
        section(
            ["mode", "opens", "closes", "capacity", "per_organisation", "session_types"],
            gettext_lazy("When and how people register in this kind, and what they may book."),
            gettext_lazy("Places"),
        ),
        section(
            ["approval", "needs_letter", "needs_photograph", "is_invited"],
            gettext_lazy("Who takes part only once somebody has approved it."),
            gettext_lazy("Accreditation"),
        ),
    ]
