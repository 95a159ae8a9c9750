"""The organisers' pages of attendances, and of the tallies counted from them."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from events.staff.admin_bases import ReadOnlyMixin, SiteAdmin, section
from registration.models import Attendance, Tally
from registration.registering.people_search import PeopleInSessions


@admin.register(Attendance)
class AttendanceAdmin(ReadOnlyMixin, PeopleInSessions, SiteAdmin):
    shown_person = "registration__user"
    list_display = ["registration", "session", "first_seen", "last_seen", "entries", "source", "country"]
    list_filter = ["session__forum", "source", "region", "stakeholder_type"]
    list_select_related = ["registration", "session", "country"]
    date_hierarchy = "first_seen"
    fieldsets = [
        section(
            ["registration", "session", "first_seen", "last_seen", "entries", "source"],
            gettext_lazy("Evidence: who entered which session, and when (UTC). Nobody edits it."),
        ),
        section(
            ["country", "region", "stakeholder_type", "gender"],
            gettext_lazy("Later changes of the registration do not change these."),
            gettext_lazy("Copied at the first entry"),
        ),
    ]


@admin.register(Tally)
class TallyAdmin(ReadOnlyMixin, SiteAdmin):
    list_display = ["forum", "session", "dimension", "value", "attendances", "people", "computed_at"]
    list_filter = ["forum", "dimension", ("session", admin.EmptyFieldListFilter)]
    list_select_related = ["forum", "session"]
    has_index_of_order = False
    search_fields = ["value", "session__title", "=session__code"]
    fieldsets = [
        section(
            ["forum", "session", "dimension", "value", "attendances", "people", "computed_at"],
            gettext_lazy("Counted from the attendances. “Tally now” on the dashboard counts again."),
        ),
    ]
