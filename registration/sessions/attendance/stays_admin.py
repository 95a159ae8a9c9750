"""The organisers' page of stays, on which they also enter by hand that somebody was there."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy

from events.shared.admin.admin_bases import IsFilled, SiteAdmin, section
from events.shared.admin.local_times import WallClockForm
from registration.models import Source, Stay
from registration.people.accounts.roles import EXPORT_PEOPLE
from registration.registering.people_search import LEFT_OUT, PeopleInSessions
from registration.sessions.attendance import joining, stays
from registration.sessions.attendance.reports.report_admin import ReportPages

# What organisers read where the rule speaks to the person.
OF_OTHERS = {
    "withdrawn": gettext_lazy("This person has withdrawn from the forum"),
    "not-approved": gettext_lazy("This registration is not approved yet"),
    "other-forum": gettext_lazy("This session belongs to another forum"),
}


class StayForm(WallClockForm):
    """A new stay is entered on the clock of the page's forum."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if session := self.fields.get("session"):  # none on a page that only shows
            session.required = True

    def forum(self):
        return super().forum() or self.page_forum

    def clean(self):
        """Refuse what the rule refuses: registrations that do not take part, sessions that do not take place."""
        data = super().clean() or {}
        person, session = data.get("registration"), data.get("session")
        if person and session:
            try:
                joining.check(person, session=session, now=timezone.now(), source=Source.HAND)
            except ValidationError as refusal:
                words = OF_OTHERS.get(refusal.code or "")
                self.add_error("registration", ValidationError(words, refusal.code) if words else refusal)
        return data


def _is_of_the_site(stay):
    return stay.source != Source.HAND


def _take_back(stay, **_who):
    stays.take_back(stay)


@admin.register(Stay)
class StayAdmin(ReportPages, PeopleInSessions, SiteAdmin):
    never = ("change",)
    never_once = {"delete": _is_of_the_site}
    is_deleted_alone = True
    rules = {"add": joining.enter_by_hand, "delete": _take_back}
    form = StayForm
    change_list_template = "admin/registration/stays.html"
    shown_person = "registration__user"
    export_right = EXPORT_PEOPLE
    list_display = ["registration", "session", "door", "began", "ended", "source", "device", "entered_by"]
    list_filter = ["source", ("registration", IsFilled)]
    list_select_related = ["registration", "session", "door", "entered_by"]
    list_left_out = LEFT_OUT
    date_hierarchy = "began"
    autocomplete_fields = ["registration", "session"]
    change_only = ["door", "source", "entered_by"]
    fieldsets = [
        section(
            ["registration", "session", "began", "ended", "device", *change_only],
            gettext_lazy(
                "Evidence: from when to when somebody was there. The site writes it as people join and are scanned. Here you "
                "enter what it does not know. What was entered by hand can be deleted again; nobody changes the rest."
            ),
        )
    ]
