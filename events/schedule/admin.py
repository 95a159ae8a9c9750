"""The organisers' pages of sessions: the list, the page of each, and what hangs on it."""

from datetime import UTC, datetime, time

from django.contrib import admin
from django.db.models import DateTimeField, ExpressionWrapper, F, OuterRef, Q, Subquery, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Appearance, Audience, Document, Session
from events.schedule import moves, panels, session_states, unfinished_sessions
from events.schedule.availability_admin import WishInline
from events.schedule.board.board_pages import place_address
from events.schedule.bulk_edit.bulk_edit_admin import BulkEditPages
from events.schedule.draft_admin import DraftMixin, clashes_of_list
from events.schedule.session_form import SessionForm, where
from events.schedule.session_states import State
from events.schedule.session_table import SessionResource
from events.shared.admin.admin_bases import (
    NamedFormSet,
    PublicContentMixin,
    RowsInline,
    SeenChoices,
    SiteAdmin,
    section,
)
from events.shared.admin.current_forum import forum_of_list
from events.shared.admin.form_parts import Head
from events.shared.admin.lists import cells
from events.shared.admin.translated_forms import beside
from events.shared.admin.word_search import WordSearch, among
from events.shared.rights import hooks
from events.shared.tables.admin_bases import TableMixin

WHEN, EMBARGO = gettext_lazy("When and where"), gettext_lazy("Embargo")
WHO, LANGUAGES, ADDRESSES = gettext_lazy("Who and what for"), gettext_lazy("Languages"), gettext_lazy("Addresses")
SECTIONS = [
    section(
        ["forum", *beside("title", "description"), "type", "track", "number"],
        gettext_lazy("What the session is called and what it is about, in the forum’s own language."),
    ),
    section(
        [("starts", "ends"), "room", "capacity", "expected", "version"],
        gettext_lazy(
            "In the draft: the public sees it with the next release. Clashes are told once it is saved; while a room or a speaker is in two places at once, a release is refused."
        ),
        WHEN,
    ),
    section(
        ["embargoed_until"],
        gettext_lazy(
            "Until this moment no public page, file or figure shows the session, or its speakers for it. Those who have booked it already keep it. It is no part of the draft: it holds from the moment you save."
        ),
        EMBARGO,
    ),
    section(
        ["organisers", "action_lines", "sdgs"],
        gettext_lazy("Filters, the matrix and the statistics sort the session by these."),
        WHO,
    ),
    section(
        ["languages", "captioning", "interpretation"],
        gettext_lazy("Languages spoken, and languages of the live captions."),
        LANGUAGES,
    ),
]


LEFT_OUT = [
    "description", "translations", "captioning", "interpretation", "embargoed_until", "guid", "origin_id", "sequence",
    "meeting_url", "broadcast_url", "recording_url", "code", "number", "ends", "capacity", "expected", "updated",
    *(f"type__{name}" for name in ("code", "is_secretariat_only", "is_additional", "order", "updated", "translations")),
    *(f"placement__{name}" for name in ("minutes", "version", "moved", "moved_by")),
    *(f"placement__room__{name}" for name in ("is_virtual", "capacity", "order", "updated", "translations")),
]  # fmt: skip
# As a computed value: a column would mark the list as sorted by hand.
BY_START = ExpressionWrapper(F("placement__starts"), DateTimeField()).asc(nulls_last=True)
BOOKED = Subquery(Audience.objects.filter(session=OuterRef("pk")).order_by().values("session").values(n=Sum("people")))


class AppearanceFormSet(NamedFormSet):
    def clean(self):
        """Refuse speakers of another forum, and (`too-many`) more than a session may have."""
        super().clean()
        rows = [form.cleaned_data for form in self.forms if hasattr(form, "cleaned_data")]
        staying = sum(bool(row.get("speaker")) and not row.get("DELETE") and not row.get("is_leaving") for row in rows)
        panels.check_number(staying, before=self.instance.appearances.drafted().count() if self.instance.pk else 0)
        for form in self.forms if self.instance.forum_id else []:
            speaker = form.cleaned_data.get("speaker") if hasattr(form, "cleaned_data") else None
            if speaker and speaker.forum_id != self.instance.forum_id and not form.cleaned_data.get("DELETE"):
                form.add_error("speaker", _("%(speaker)s belongs to another forum") % {"speaker": speaker})


class AppearanceInline(RowsInline):
    model = Appearance
    formset = AppearanceFormSet
    autocomplete_fields = ["speaker"]
    fields = ["speaker", "role", "order", "is_leaving"]


class DocumentInline(RowsInline):
    model = Document
    fields = ["title", "file"]


class NeedsFilter(admin.SimpleListFilter):
    """What is still missing: the lists behind the dashboard's “Waiting for you”."""

    title = gettext_lazy("what is missing")
    parameter_name = "needs"

    def lookups(self, request, model_admin):
        return [
            ("drafts", _("Drafts that start within seven days")),
            ("no_address", _("No meeting address, within seven days")),
            ("no_room", _("No room, within seven days")),
            ("no_recording", _("Over, without a recording")),
            ("no_outcome", _("Over, late with the outcome")),
            ("release", _("Changed, not released yet")),
        ]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        wanted = unfinished_sessions.conditions(timezone.now()).get(self.value())
        return queryset.filter(wanted) if wanted else queryset


class SessionStateFilter(admin.SimpleListFilter):
    """The state that the list shows."""

    title = gettext_lazy("state")
    parameter_name = "shown"

    def lookups(self, request, model_admin):
        return State.choices

    def queryset(self, request, queryset):
        if self.value() not in State.values:
            return queryset
        wanted = session_states.condition(State(self.value()), clashes=clashes_of_list(request))
        return queryset.filter(wanted)


class SessionDaysFilter(admin.SimpleListFilter):
    """From today on, while the forum is not over and nobody asks for something else; what has no time waits in it."""

    title = gettext_lazy("days")
    parameter_name = "days"
    ASKS_FOR_ALL = {"needs", "q", "pk__in", "placement__starts__year"}

    def lookups(self, request, model_admin):
        return [("all", _("All days")), ("coming", _("From today")), ("over", _("Over")), ("none", _("Not placed"))]

    def value(self):
        return super().value() or self.usual

    def __init__(self, request, params, model, model_admin):
        forum = forum_of_list(request)
        zone, now = forum.zone if forum else UTC, timezone.now()
        self.today = datetime.combine(now.astimezone(zone).date(), time(), tzinfo=zone)
        is_over = forum is None or forum.ends < self.today.date()
        self.usual = "all" if is_over or self.ASKS_FOR_ALL & request.GET.keys() else "coming"
        super().__init__(request, params, model, model_admin)
        self.narrows = self.value() != "all"

    def choices(self, changelist):
        for value, words in self.lookup_choices:
            address = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": address, "display": words}

    def queryset(self, request, queryset):
        none = Q(placement__starts__isnull=True)
        wanted = {
            "coming": none | Q(placement__ends__gt=self.today),
            "over": Q(placement__ends__lte=self.today),
            "none": none,
        }.get(self.value())
        return queryset.filter(wanted) if wanted else queryset


@admin.register(Session)
class SessionAdmin(BulkEditPages, DraftMixin, TableMixin, WordSearch, PublicContentMixin, SiteAdmin):
    resource = SessionResource
    import_rights = ["events.add_speaker", "events.add_room", "events.add_track"]
    form = SessionForm
    list_display = ["when", "title", "shown_room", "type", "booked", "shown_state"]
    list_display_links = ["title"]
    hidden_columns = ["track", "code", "number", "spoken", "capacity", "expected", "forum", "updated"]
    figure_columns = ["booked"]
    list_filter = [
        SessionDaysFilter,
        SessionStateFilter,
        ("placement__room", SeenChoices),
        "type",
        "track",
        NeedsFilter,
        "action_lines",
        "sdgs",
    ]
    list_select_related = ["forum", "type", "placement__room"]
    list_left_out = LEFT_OUT
    annotations = {"booked_people": BOOKED}
    ordering = [BY_START, "pk"]
    is_found_by_keys = True
    query_of_all = "days=all"
    search_fields = ["title", "code"]  # and whatever the search of the programme finds
    search_help_text = gettext_lazy("Search as the programme does, or by code.")
    date_hierarchy = "placement__starts"
    autocomplete_fields = ["type", "organisers", "action_lines", "sdgs"]
    actions = ["edit_together", *DraftMixin.actions]
    inlines = [AppearanceInline, WishInline, DocumentInline]
    tabs = [
        (gettext_lazy("Texts"), [""]),
        (gettext_lazy("People"), [AppearanceInline, WHO]),
        (WHEN, [WHEN, WishInline, EMBARGO]),
        (gettext_lazy("Languages, addresses, documents"), [LANGUAGES, ADDRESSES, DocumentInline]),
    ]
    readonly_fields = ["code", "state", "sequence", "updated", "is_sample", "edited_by"]
    change_only = readonly_fields
    write_only = ["meeting_url"]
    guarded = {"edited_by": "events.view_hostedsession"}
    fixed_fields = ["forum"]
    fieldsets = [
        *SECTIONS,
        section(
            [*write_only, "broadcast_url", "recording_url"],
            gettext_lazy("The broadcast and the recording are public."),
            ADDRESSES,
        ),
        section(
            readonly_fields,
            gettext_lazy(
                "The state is the public one. To schedule or cancel the session, choose it in the list and take the action there."
            ),
            gettext_lazy("Kept by the site"),
        ),
    ]

    def found(self, request, rows, query):
        (search,) = hooks.session_search.of()
        return rows.filter(among("pk", search(query)))

    @admin.display(description=gettext_lazy("edited by"))
    def edited_by(self, session):
        """The accounts that edit it themselves, each with a link, and where to add one."""
        page = reverse("admin:events_hostedsession_add")
        rows = [
            (reverse("admin:events_hostedsession_change", args=[host.pk]), host.user)
            for host in session.hosts.select_related("user")
        ]
        return cells.links([*rows, (f"{page}?session={session.pk}", _("Add an account"))])

    def get_object(self, request, object_id, from_field=None):
        """The forum is locked before a session that may be saved is read: a release writes into the row that this page saves whole."""
        session = super().get_object(request, object_id, from_field)
        if session is None or request.method != "POST":
            return session
        with moves.locked(session.forum):
            return super().get_object(request, object_id, from_field)

    def head(self, request, row):
        """Its state, when and where in the draft, and for the public where that is another; the board, and how it is moved or
        cancelled."""
        forum, place = row.forum, row.placement
        row.waits = bool(session_states.waiting(None, among=[row]))
        row.clash = session_states.clashes_of(forum).sessions.get(row.pk)
        facts = [(_("State"), self.shown_state(row)), (_("When and where"), where(place, forum=forum))]
        if row.waits and row.starts and row.state != Session.State.DRAFT:
            facts.append((_("For the public"), where(row, forum=forum)))
        if not request.user.has_perm(self.right("change"), forum):
            return Head(facts)
        own = reverse("admin:events_forum_place", args=[forum.pk, row.code])
        return Head(facts, [(_("Board"), place_address(place, code=row.code, forum=forum)), (_("Move or cancel"), own)])

    def view_on_site(self, session):
        is_shown = Session.objects.public().filter(pk=session.pk).exists()
        return reverse("events:session", args=[session.forum.slug, session.code]) if is_shown else None
