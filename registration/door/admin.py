"""The organisers' pages of doors, of who may scan at them, and of what was scanned."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.shared.admin.admin_bases import ReadOnlyMixin, SiteAdmin, section
from events.shared.admin.admin_page_bases import AdminPages, OwnPage
from events.shared.admin.lists import cells
from events.shared.admin.local_times import DayField
from events.shared.pages.absolute_urls import absolute
from events.shared.tables.admin_bases import OwnTable
from registration.door import passes, tickets
from registration.door.badges_admin import BadgePages
from registration.door.inside_admin import InsidePages
from registration.door.scan_table import ScanResource
from registration.models import Door, DoorPass, Scan
from registration.people.accounts.roles import EXPORT_PEOPLE


class PassForm(forms.Form):
    day = DayField(label=gettext_lazy("Day"))
    holder = forms.CharField(
        label=gettext_lazy("For whom"),
        max_length=80,
        help_text=gettext_lazy("A name or a place, such as “Desk 2”."),
    )
    may_register = forms.BooleanField(
        label=gettext_lazy("Registers people on the spot"),
        required=False,
        help_text=gettext_lazy("In the kinds that anybody can choose now. Each person is mailed a ticket."),
    )

    def __init__(self, *args: Any, door: Door, **more: Any) -> None:
        super().__init__(*args, **more)
        if not door.is_of_building:
            del self.fields["may_register"]


class PassPages(AdminPages):
    """Making a pass: its link is shown once."""

    own_pages = (OwnPage("<int:door>/pass/", "make_pass", "registration_door_pass", passes.MAKE, Door),)

    def make_pass(self, request: HttpRequest, door: int) -> HttpResponse:
        """Ask for day and holder; show the link, and its square for a phone, once."""
        row = get_object_or_404(Door.objects.select_related("forum"), pk=door)
        now = timezone.now()
        made: dict[str, Any] = {}

        def make(**given: Any) -> None:
            made["door_pass"] = passes.make(row, **given)

        answer = self.form_page(
            request,
            "admin/form_page.html",
            form=PassForm(request.POST or None, initial={"day": row.forum.within(now).date()}, door=row),
            verb=make,
            done="",
            to=request.path,
            fields={"other-day": "day"},
            title=_("A pass for “%(door)s”") % {"door": row.name},
            sentence=_(
                "A pass is a link. Whoever opens it scans tickets at this door on that day, finds people by name, and sees "
                "nothing else."
            ),
            button=_("Make the pass"),
            door=row,
            forum=row.forum,
        )
        if not made:
            return answer
        link = absolute(reverse("registration:door-pass", args=[row.forum.slug, made["door_pass"].token]))
        context = {"title": _("The pass is made"), "door": row, "forum": row.forum, "link": link}
        return self.admin_page(
            request, "admin/registration/pass_made.html", square=tickets.square_of(link), **context, **made
        )


@admin.register(Door)
class DoorAdmin(BadgePages, PassPages, SiteAdmin):
    list_display = ["name", "forum", "room", "session", "new_pass"]
    list_select_related = ["forum", "room", "session"]
    search_fields = ["name"]
    autocomplete_fields = ["room", "session"]
    fieldsets = [
        section(
            ["forum", "name", "room", "session"],
            gettext_lazy(
                "Who is scanned at a door of a session or a room attends what takes place there. Make a pass for each person who scans: a link for one door and one day."
            ),
        )
    ]

    @admin.display(description=gettext_lazy("pass"))
    def new_pass(self, door: Door) -> SafeString:
        return cells.links([(reverse("admin:registration_door_pass", args=[door.pk]), _("Make a pass"))])


@admin.register(DoorPass)
class DoorPassAdmin(ReadOnlyMixin, SiteAdmin):
    rights = {"end": passes.MAKE}
    list_display = ["holder", "door", "day", "may_register", "searches", "made_by", "made", "ended"]
    list_filter = ["day"]
    list_select_related = ["door__forum", "made_by"]
    search_fields = ["holder", "door__name"]
    actions = ["end"]
    fieldsets = [
        section(
            ["door", "day", "holder", "may_register", "searches", "made_by", "made", "ended"],
            gettext_lazy(
                "The link was shown once, to whoever made it. Make another one where it is lost, and end this one."
            ),
        )
    ]

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.right("end"))

    @admin.action(description=gettext_lazy("End: the link opens nothing any more"), permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[DoorPass]) -> None:
        done = ngettext_lazy("%(n)s pass is ended.", "%(n)s passes are ended.", "n")
        self.each(request, queryset.select_related("door"), verb=passes.end, done=done)


@admin.register(Scan)
class ScanAdmin(InsidePages, ReadOnlyMixin, OwnTable, SiteAdmin):
    shown_person = "registration__user"
    export_right = EXPORT_PEOPLE
    resource = ScanResource
    change_list_template = "admin/registration/scans.html"
    list_display = ["at", "door", "registration", "direction", "outcome", "door_pass", "undone"]
    list_filter = ["door", "outcome", "direction"]
    list_select_related = ["door", "registration", "door_pass__door"]
    search_fields = ["registration__name"]
    date_hierarchy = "at"
    fieldsets = [
        section(
            ["door", "registration", "direction", "outcome", "at", "received", "door_pass", "undone"],
            gettext_lazy("What was seen at a door (UTC). Nobody edits it; who scanned can take it back."),
        )
    ]
