"""The history: who did what, when and why. Written by the rules; nobody adds, changes or deletes here."""

from functools import lru_cache
from operator import itemgetter
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from events.models import HistoryEntry, User, Viewing
from events.shared.admin import shown_history
from events.shared.admin.admin_bases import ByValue, ReadOnlyMixin, SiteAdmin, section
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.lists import cells
from events.shared.admin.word_search import WordSearch, beginning, in_found
from events.shared.formatting.numbers import LARGEST_KEY, whole_number
from events.shared.history import acts, taking_back, verbs
from events.shared.rights import memberships

ROWS_SHOWN = 100  # of an act, on its page
LEFT_OUT = ["before", *(f"actor__{one.name}" for one in User._meta.fields if one.name not in {"id", "name"})]
OF_ACT = HistoryEntry.objects.filter(act=OuterRef("pk")).order_by().values("act").annotate(number=Count("pk"))


@lru_cache
def _address(_language: str | None) -> str:
    """Of the list, to which each row of it leads."""
    return reverse("admin:events_historyentry_changelist")


@lru_cache
def _kinds(_language: str | None) -> list[tuple[str, str, str]]:
    """Each kind of row, its words, and the permission to view it; in the order of the words."""
    rights = shown_history.rights_to_view().items()
    return sorted(((label, shown_history.rows_of(label), right) for label, right in rights), key=itemgetter(1))


class VerbFilter(ByValue):
    title = _("what was done")
    parameter_name = column = "verb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(verbs.labels().items())


class ActorFilter(admin.SimpleListFilter):
    """One person, chosen by the link on the name, or the site itself: a list of all people would be no help."""

    title = _("by")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        chosen = request.GET.get(self.parameter_name, "")
        person = [(chosen, _("This person"))] if chosen not in {"", "site"} else []
        return [*person, ("site", _("the site, at a set time"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[HistoryEntry]) -> QuerySet[HistoryEntry]:
        if not self.value():
            return queryset
        key = whole_number(self.value() or "", most=LARGEST_KEY)
        return queryset.none() if key is None and self.value() != "site" else queryset.filter(actor=key)


class ActKindFilter(ByValue):
    title = _("kind of record")
    parameter_name, column = "kind", "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The kinds of rows that the person may see."""
        user = cast("User", request.user)
        return [(label, words) for label, words, right in _kinds(get_language()) if memberships.has(user, right)]


class ActFilter(admin.SimpleListFilter):
    """What was done with many rows as one, such as an import, is one line, until somebody asks for its rows."""

    title = _("records")
    parameter_name = "act"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        chosen = request.GET.get(self.parameter_name, "")
        act = [(chosen, _("Of this act"))] if chosen not in {"", "rows"} else []
        return [*act, ("rows", _("Each by itself"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[HistoryEntry]) -> QuerySet[HistoryEntry]:
        asked = self.value()
        if asked == "rows" or (not asked and {"q", ActKindFilter.parameter_name} & request.GET.keys()):
            return queryset
        key = whole_number(asked or "", most=LARGEST_KEY)
        return queryset.none() if asked and key is None else queryset.filter(act=key)


@admin.register(HistoryEntry)
class HistoryAdmin(ReadOnlyMixin, WordSearch, SiteAdmin):
    shown_person = "actor"
    list_display = ["what", "about", "when", "who", "number", "reason"]
    list_display_links = ["what"]
    list_filter = [VerbFilter, ActKindFilter, ActorFilter, ActFilter]
    list_select_related = ["forum", "actor"]
    list_left_out = LEFT_OUT
    annotations = {"number": Subquery(OF_ACT.values("number"))}
    search_fields = ["subject", "reason", "actor__name"]
    search_help_text = _("Search by the beginnings of words: what it was about, the reason, or who did it.")
    date_hierarchy = "at"
    fieldsets = [
        section(
            ["forum", "when", "who", "what", "about", "reason"],
            _("The site writes the history itself. Nobody can change it, and casting a vote is not in it."),
        )
    ]
    readonly_fields = ["when", "who", "what", "about"]
    change_form_template = "admin/events/history_entry.html"
    own_pages = (
        OwnPage("<key:pk>/take-back/", "take_back", "events_historyentry_take_back", "events.view_historyentry"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[HistoryEntry]:
        return shown_history.readable(cast("User", request.user)).annotate(**self.annotations)

    def found(self, request: HttpRequest, rows: QuerySet[HistoryEntry], query: str) -> QuerySet[HistoryEntry]:
        """What holds the words of a query, and what people did whose names hold them."""
        entries = beginning(HistoryEntry.objects.all(), query, "subject", "reason")
        people = beginning(User.objects.all(), query, "name")
        return rows.filter(in_found("pk", entries) | in_found("actor", people))

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
        return cells.links([(f"{_address(get_language())}?by={entry.actor_id}", shown_history.who(entry))])

    @admin.display(description=_("what was done"), ordering="verb")
    def what(self, entry: HistoryEntry) -> str:
        return verbs.label(entry.verb)

    @admin.display(description=_("about"), ordering="subject")
    def about(self, entry: HistoryEntry) -> str:
        return shown_history.about(entry)

    @admin.display(description=_("records"))
    def number(self, entry: Any) -> str:
        """How many rows an act was about, with the way to them."""
        if not entry.number:
            return ""
        page = _address(get_language())
        return cells.links([(f"{page}?forum=all&act={entry.pk}", number_format(entry.number))])

    def beside(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        rows = self.get_queryset(request).filter(act=row).select_related("forum", "actor").order_by("pk")
        undo = taking_back.taken_back(row)
        return {
            "line": shown_history.line(row),
            "lines": [shown_history.line(one) for one in rows[:ROWS_SHOWN]],
            "taken_back": undo and shown_history.line(undo),
            "may_take_back": not undo and self._may_take_back(request, row),
        }

    def _may_take_back(self, request: HttpRequest, entry: HistoryEntry | None) -> bool:
        """Whether an entry is an act on many rows that can be taken back, and the person may do the like in its forum."""
        needed = taking_back.rights_for(entry) if entry and entry.verb in acts.OF_MANY else set()
        return bool(needed) and all(memberships.has(request.user, right, entry) for right in needed)

    def take_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What taking back an import would do, `how` as it was asked for; then (POST) it is done."""
        entry = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self._may_take_back(request, entry):
            raise PermissionDenied
        is_asked, outcome = request.method != "POST", taking_back.Outcome()
        asked = request.GET.get("how", "")
        how = taking_back.How(asked) if asked in taking_back.How else taking_back.How.WHOLE
        try:
            by, now = cast("User", request.user), timezone.now()
            outcome = taking_back.take_back(entry, by=by, now=now, how=how, is_dry=is_asked)
            problems = [str(one) for one in outcome.obstacles[:ROWS_SHOWN]]
        except ValidationError as refusal:
            problems = refusal.messages[:ROWS_SHOWN]
        if not is_asked and not problems:
            self.message_user(request, _("Taken back."), messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:events_historyentry_change", args=[pk]))
        rows = entry.entries.select_related("forum", "actor").order_by("pk")[:ROWS_SHOWN]
        lines = [shown_history.line(row) for row in rows]
        about = {"entry": entry, "line": shown_history.line(entry), "lines": lines, "outcome": outcome, "how": how}
        about |= {name: [str(one) for one in getattr(outcome, name)[:ROWS_SHOWN]] for name in ("left", "lost")}
        title = _("Take back: %(what)s") % {"what": verbs.label(entry.verb)}
        return self.admin_page(request, "admin/events/take_back.html", title=title, problems=problems, **about)


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

    @admin.display(description=_("records"), ordering="model")
    def rows(self, viewing: Viewing) -> str:
        return shown_history.rows_of(viewing.model)
