"""Releases: the list of what was released, and the page that releases the draft."""

from functools import partial

from django.contrib import admin
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Release
from events.schedule.draft_admin import NoteForm, hearers
from events.schedule.releases import change_log, diff, releases
from events.shared.admin.admin_bases import SiteAdmin, section
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.current_forum import address_in
from events.shared.rights import memberships


@admin.register(Release)
class ReleaseAdmin(SiteAdmin):
    never = ("change", "delete")
    own_pages = (OwnPage("add/", "release", "events_release_add", "events.add_release"),)
    list_display = ["shown_number", "forum", "released", "by", "counted", "note"]
    list_select_related = ["forum", "by"]
    list_left_out = ["timetable"]
    search_fields = ["note", "=number"]
    ordering = ["-released", "-pk"]
    readonly_fields = ("forum", "number", "released", "by", "told", "note", "log")
    words = gettext_lazy("What was released stays as it is. The public reads it on the forum’s pages.")
    fieldsets = [section(readonly_fields, words)]

    def view_on_site(self, release):
        if not release.forum.is_public:
            return None
        return reverse("events:release", args=[release.forum.slug, release.number])

    @admin.display(description=gettext_lazy("version"), ordering="number")
    def shown_number(self, release):
        return _("Version %(number)s") % {"number": release.number}

    @admin.display(description=gettext_lazy("changes"))
    def counted(self, release):
        return change_log.counts(diff.from_json(release.changes)) or _("First version")

    @admin.display(description=gettext_lazy("change log"))
    def log(self, release):
        """All of it, sessions under embargo too."""
        groups = change_log.groups(diff.from_json(release.changes), forum=release.forum)
        shown = render_to_string("admin/events/schedule/release_log.html", {"groups": groups})
        return format_html("<p>{}</p>{}", self.counted(release), shown)

    def release(self, request):
        """The page that releases: what would change, what forbids it, and a note."""
        forums = memberships.forums(request.user, self.right("add"))
        forum = self.forum_of_page(request, forums) if forums.exists() else None
        # Made when the page is shown: a release that goes through needs none.
        preview = SimpleLazyObject(lambda: releases.preview(forum))
        shown = {
            "preview": preview,
            "counts": SimpleLazyObject(lambda: change_log.counts(preview.changes)),
            "groups": SimpleLazyObject(lambda: change_log.groups(preview.changes, forum=forum)),
            "hearers": SimpleLazyObject(lambda: hearers(self, request, preview.changes, forum=forum)),
        }
        words = _("Version %(number)s is released. Those who booked a session that changed are told.")
        return self.form_page(
            request,
            "admin/events/schedule/release_form.html",
            form=NoteForm((request.POST if forum else None) or None),
            verb=partial(releases.release, forum, seen=request.POST.get("seen", "")),
            done=lambda made: words % {"number": made.number},
            to=lambda made: address_in(made.forum, "set_up"),
            title=_("Release"),
            forum=forum,
            **(shown if forum else {}),
        )
