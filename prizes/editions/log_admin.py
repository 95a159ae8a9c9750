"""The log of the prize: who did what, when and why. Written by the rules; nobody adds, changes or deletes here."""

import json

from django.contrib import admin
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from events.formatting import times
from events.staff.admin_bases import ReadOnlyMixin, SiteAdmin
from prizes.editions import log, log_verbs
from prizes.models import AuditEntry, Phase


class VerbFilter(admin.SimpleListFilter):
    title = _("what was done")
    parameter_name = "verb"

    def lookups(self, request, model_admin):
        found = (
            log.visible(AuditEntry.objects.all(), user=request.user)
            .order_by()
            .values_list("verb", flat=True)
            .distinct()
        )
        return sorted(((verb, log_verbs.label(verb)) for verb in found), key=lambda pair: str(pair[1]))

    def queryset(self, request, queryset):
        return queryset.filter(verb=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyMixin, SiteAdmin):
    list_display = ["when", "who", "what", "shown_subject", "reason", "edition"]
    list_display_links = ["when"]
    list_filter = ["edition", VerbFilter]
    list_select_related = ["edition__forum", "actor"]
    search_fields = ["subject", "reason", "verb", "actor__name", "actor__email"]
    search_help_text = _("Search by what it was about, reason, name or address.")
    date_hierarchy = "at"
    fieldsets = [
        (
            None,
            {
                "fields": ["edition", "at_length", "who", "what", "shown_subject", "reason", "shown_details"],
                "description": _(
                    "The site writes this log itself. Nobody can change it, and casting a vote is not in it."
                ),
            },
        )
    ]
    readonly_fields = ["at_length", "who", "what", "shown_subject", "shown_details"]

    def get_queryset(self, request):
        return log.visible(super().get_queryset(request), user=request.user)

    @admin.display(description=_("when"), ordering="at")
    def when(self, entry):
        zone = entry.edition.zone
        return _("%(date)s, %(time)s %(place)s") % {
            "date": date_format(entry.at.astimezone(zone), "j M Y"),
            "time": times.hours(entry.at, zone=zone),
            "place": times.place_name(zone, forum=entry.edition.forum),
        }

    @admin.display(description=_("when"))
    def at_length(self, entry):
        return times.deadline(entry.at, zone=entry.edition.zone, forum=None)

    @admin.display(description=_("by"), ordering="actor__name")
    def who(self, entry):
        return entry.actor or _("the site, at a set time")

    @admin.display(description=_("what was done"), ordering="verb")
    def what(self, entry):
        return log_verbs.label(entry.verb)

    @admin.display(description=_("about"), ordering="subject")
    def shown_subject(self, entry):
        return dict(Phase.Kind.choices).get(entry.subject, entry.subject)

    @admin.display(description=_("details"))
    def shown_details(self, entry):
        return format_html("<pre dir=ltr>{}</pre>", json.dumps(entry.details, indent=2, ensure_ascii=False))
