"""The history: who did what, when and why. Written by the rules; nobody adds, changes or deletes here."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from events.history import verbs
from events.models import HistoryEntry, User, Viewing
from events.staff import shown_history
from events.staff.admin_bases import ReadOnlyMixin, SiteAdmin, section


class VerbFilter(admin.SimpleListFilter):
    title = _("what was done")
    parameter_name = "verb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(verbs.labels().items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[HistoryEntry]) -> QuerySet[HistoryEntry]:
        return queryset.filter(verb=self.value()) if self.value() else queryset


class ActorFilter(admin.SimpleListFilter):
    """One person, chosen by the link on the name, or the site itself: a list of all people would be no help."""

    title = _("by")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        chosen = request.GET.get(self.parameter_name, "")
        person = [(chosen, _("This person"))] if chosen not in {"", "site"} else []
        return [*person, ("site", _("the site, at a set time"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[HistoryEntry]) -> QuerySet[HistoryEntry]:
        if self.value() == "site":
            return queryset.filter(actor=None)
        number = self.value() or ""
        if number.isascii() and number.isdecimal() and len(number) < 18:
            return queryset.filter(actor=int(number))
        return queryset.none() if number else queryset


@admin.register(HistoryEntry)
class HistoryAdmin(ReadOnlyMixin, SiteAdmin):
    shown_person = "actor"
    list_display = ["when", "who", "what", "about", "reason", "forum"]
    list_display_links = ["when"]
    list_filter = [VerbFilter, ActorFilter]
    list_select_related = ["forum", "actor"]
    search_fields = ["subject", "reason", "actor__name"]
    search_help_text = _("Search by what it was about, reason or name.")
    date_hierarchy = "at"
    fieldsets = [
        section(
            ["forum", "when", "who", "what", "about", "reason", "changes"],
            _("The site writes the history itself. Nobody can change it, and casting a vote is not in it."),
        )
    ]
    readonly_fields = ["when", "who", "what", "about", "changes"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[HistoryEntry]:
        return shown_history.readable(cast("User", request.user))

    def has_view_permission(self, request: HttpRequest, obj: HistoryEntry | None = None) -> bool:
        """Which entries somebody reads, `readable` says: some are of no forum."""
        return super().has_view_permission(request)

    @admin.display(description=_("when"), ordering="at")
    def when(self, entry: HistoryEntry) -> str:
        return shown_history.when(entry)

    @admin.display(description=_("by"), ordering="actor__name")
    def who(self, entry: HistoryEntry) -> str:
        if entry.actor is None:
            return shown_history.who(entry)
        page = reverse("admin:events_historyentry_changelist")
        return format_html('<a href="{}?by={}"><bdi>{}</bdi></a>', page, entry.actor_id, shown_history.who(entry))

    @admin.display(description=_("what was done"), ordering="verb")
    def what(self, entry: HistoryEntry) -> str:
        return verbs.label(entry.verb)

    @admin.display(description=_("about"), ordering="subject")
    def about(self, entry: HistoryEntry) -> str:
        return shown_history.about(entry)

    @admin.display(description=_("before and after"))
    def changes(self, entry: HistoryEntry) -> str:
        return format_html_join("", "<div><bdi>{}</bdi></div>", ((line,) for line in entry.changes)) or "–"


@admin.register(Viewing)
class ViewingAdmin(ReadOnlyMixin, SiteAdmin):
    """Who of the staff saw data of people: for those who look after the staff."""

    list_display = ["at", "who", "kind", "rows", "number", "forum"]
    list_filter = ["kind"]
    list_select_related = ["by", "forum"]
    search_fields = ["by__name"]
    search_help_text = _("Search by the name of who looked.")
    date_hierarchy = "at"
    fieldsets = [
        section(
            ["at", "who", "kind", "rows", "number", "forum"],
            _("Times in UTC. Each person reads on their account page who saw their own data. Kept for 400 days."),
        )
    ]
    readonly_fields = ["who", "rows"]

    @admin.display(description=_("by"), ordering="by__name")
    def who(self, viewing: Viewing) -> str:
        return viewing.by.public_name

    @admin.display(description=_("rows"), ordering="model")
    def rows(self, viewing: Viewing) -> str:
        return shown_history.rows_of(viewing.model)
