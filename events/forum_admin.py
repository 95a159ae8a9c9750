"""Pages of the forum with its tracks, rooms and partners."""

from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from events.exchange.admin import ExchangeMixin
from events.forums.admin import NextForumPages
from events.models import Audience, Forum, Partner, Room, Track
from events.models.forum import default_reminder_minutes, validate_minutes
from events.schedule.board.admin import BoardMixin
from events.schedule.draft_admin import told_of_places
from events.schedule.fair_hours.admin import HoursMixin
from events.schedule.room_table import RoomResource
from events.shared.admin.admin_bases import PublicContentMixin, ReadOnlyMixin, RowsInline, SiteAdmin, is_known, section
from events.shared.admin.current_forum import address_in
from events.shared.admin.form_parts import Head
from events.shared.admin.lists.list_rows import badge, published
from events.shared.admin.local_times import UTC, ZoneField
from events.shared.admin.translated_forms import TranslatedForm, beside, with_texts
from events.shared.formatting.lengths import lengths_of, minutes_of
from events.shared.formatting.other_languages import names
from events.shared.formatting.times import date_range, known_zone
from events.shared.tables.admin_bases import TableMixin


class LengthsField(forms.CharField):
    """Lengths of time in words, with commas between them, kept as a list of minutes."""

    def prepare_value(self, value):
        return lengths_of(value) if isinstance(value, list) else value

    def to_python(self, value):
        minutes = minutes_of(super().to_python(value))
        validate_minutes(minutes)
        return minutes

    def has_changed(self, initial, data):
        return self.prepare_value(initial) != data


@with_texts(Forum)
class ForumForm(TranslatedForm):
    parts = ("name", "theme", "place", "chair_title", "chair_message")
    reminder_minutes = LengthsField(
        label=_("Reminders"),
        required=False,
        initial=default_reminder_minutes,
        help_text=_("How long before a booked session: 1 day, 1 hour. Empty: none."),
    )
    time_zone = ZoneField(
        label=_("Time zone"),
        initial="Europe/Zurich",
        help_text=_("A city or a country, such as Nairobi. All local times of the forum are by its clock."),
    )

    def shown_zone(self) -> ZoneInfo:
        return self.instance.zone if self.instance.pk else known_zone(self.instance.time_zone, default=UTC)

    def chosen_zone(self) -> ZoneInfo:
        return known_zone(self.cleaned_data.get("time_zone", self.instance.time_zone), default=self.shown_zone())


@with_texts(Track)
class TrackForm(TranslatedForm):
    parts = ("name",)


@with_texts(Room)
class RoomForm(TranslatedForm):
    parts = ("name",)

    def warnings(self):
        is_changed = "capacity" in self.changed_data
        return told_of_places(self.instance.sessions.filter(capacity=None)) if is_changed else []


class TrackInline(RowsInline):
    needs_saved_row = True
    model = Track
    form = TrackForm
    fields = ["name", *names("name"), "order"]


class RoomInline(RowsInline):
    needs_saved_row = True
    model = Room
    form = RoomForm
    fields = ["name", *names("name"), "is_virtual", "capacity", "order"]


class PartnerInline(RowsInline):
    needs_saved_row = True
    model = Partner
    autocomplete_fields = ["organisation"]


def _was_public(forum):
    """Then the address stands: links, calendars and the trackers of the vote hold it."""
    return is_known(forum) or forum.releases.exists()


def _add(forum, *, by, now):
    forum.set_usual_registration()
    forum.save()


@admin.register(Forum)
class ForumAdmin(NextForumPages, HoursMixin, BoardMixin, ExchangeMixin, PublicContentMixin, SiteAdmin):
    form = ForumForm
    fixed_once = {"slug": _was_public}
    rules = {"add": _add}
    change_form_template = "admin/events/forum.html"
    change_list_template = "admin/events/forums.html"
    list_display = ["name", "slug", "starts", "ends", "time_zone", "is_public", "is_sample"]
    list_filter = ["is_public", "is_sample"]
    search_fields = ["name", "slug", "theme"]
    date_hierarchy = "starts"
    autocomplete_fields = ["host", "co_organisers"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [TrackInline, RoomInline, PartnerInline]
    # A new forum says its name, its days and its place. The rest has values to begin with, and the set-up page leads to it.
    new_fieldsets = [
        section(
            [*beside("name"), "slug", ("starts", "ends"), "time_zone", *beside("place"), "is_virtual"],
            _("What the forum is called, when and where it is. Once it is saved you see what else it needs."),
        )
    ]
    fieldsets = [
        section(
            [*beside("name"), "slug", *beside("theme")],
            _("What the forum is called, and where its pages are."),
        ),
        section(
            [("starts", "ends"), "time_zone", *beside("place"), "is_virtual"],
            _(
                "Sessions lie between the first and the last day. If you change the time zone, sessions keep their moment and their local times move."
            ),
            _("When and where"),
        ),
        section(
            ["host", "co_organisers", "chair", *beside("chair_title", "chair_message")],
            _(
                "Shown on the forum’s home page and in its Outcome Document. Add an organisation first if it is missing."
            ),
            _("Who"),
        ),
        section(
            ["registration_opens", "registration_closes", "reminder_minutes"],
            _("People register between these two moments. Reminders go to those who booked."),
            _("Registration and reminders"),
        ),
        section(
            [
                *("turn_round_minutes", "captioners", "interpreters", "offer_minutes", "walk_in_minutes"),
                *("join_opens_minutes", "join_closes_minutes", "open_stays_count", "broadcast_audience"),
            ],
            _(
                "What the scheduling board checks (empty: no limit), how waiting lists move up, when the join page leads into a "
                "session, how long people stayed, and how many watched the broadcasts."
            ),
            _("Sessions"),
        ),
        section(
            ["letter_signatory", "certificate_signatory", "certificate_signatory_title"],
            _(
                "What stands at the foot of letters of invitation, and of certificates of participation and of the prize."
            ),
            _("Signatures"),
        ),
    ]

    def response_add(self, request, obj, post_url_continue=None):
        return _onward(request, obj, super().response_add(request, obj, post_url_continue))

    def response_change(self, request, obj):
        return _onward(request, obj, super().response_change(request, obj))

    def head(self, request, row):
        """Whether the public sees it, its days and its place; and what else is done with it. What takes it from the public or ends it
        stands below the form."""
        state = badge("archived", _("Archived")) if row.archived else published(row.is_public)
        facts = [(_("State"), state), (_("When"), date_range(row.starts, row.ends)), (_("Place"), row.place or "–")]
        acts = []
        if request.user.has_perms(["events.add_session", "events.change_session"], row):
            acts.append((_("Import or export"), address_in(row, "events_forum_exchange")))
        if self.has_add_permission(request):
            acts.append((_("Make the next one from this"), reverse("admin:events_forum_next", args=[row.pk])))
        if request.user.has_perm("events.change_forum", row):
            acts.append((_("List of participants"), reverse("admin:events_forum_participants", args=[row.pk])))
        if not row.is_public and request.user.has_perm("events.change_forum", row):
            acts.append((_("Still last year’s"), reverse("admin:events_forum_left_over", args=[row.pk])))
            acts.append((_("Make the forum public"), reverse("admin:events_forum_public", args=[row.pk])))
        return Head(facts, acts)


def _onward(request, forum, answer):
    """Who is done goes back to what the forum still needs."""
    goes_on = {"_continue", "_addanother"} & request.POST.keys()
    return answer if goes_on else redirect(address_in(forum, "set_up"))


@admin.register(Track)
class TrackAdmin(PublicContentMixin, SiteAdmin):
    form = TrackForm
    list_display = ["name", "forum", "order"]
    list_select_related = ["forum"]
    search_fields = ["name"]
    autocomplete_fields = ["forum"]
    fieldsets = [section(["forum", *beside("name"), "order"], _("Tracks group sessions. Low numbers first."))]


@admin.register(Room)
class RoomAdmin(TableMixin, PublicContentMixin, SiteAdmin):
    resource = RoomResource
    form = RoomForm
    list_display = ["name", "forum", "is_virtual", "capacity", "order"]
    list_filter = ["is_virtual"]
    list_select_related = ["forum"]
    search_fields = ["name"]
    autocomplete_fields = ["forum"]
    fieldsets = [
        section(
            ["forum", *beside("name"), "is_virtual", "capacity", "order"],
            _("A room holds one session at a time. Its capacity counts where a session has none."),
        )
    ]


@admin.register(Partner)
class PartnerAdmin(PublicContentMixin, SiteAdmin):
    list_display = ["organisation", "forum", "kind", "order"]
    list_filter = ["kind"]
    list_select_related = ["forum", "organisation"]
    search_fields = ["organisation__name", "organisation__acronym"]
    autocomplete_fields = ["forum", "organisation"]
    fieldsets = [
        section(
            ["forum", "organisation", "kind", "logo", "order"],
            _("Shown on the forum’s home page, sorted by kind and order."),
        )
    ]


@admin.register(Audience)
class AudienceAdmin(ReadOnlyMixin, SiteAdmin):
    list_display = ["time_zone", "region", "session", "forum", "people"]
    list_display_links = None  # each count replaces the rows
    list_filter = ["region"]
    list_select_related = ["forum", "session"]
    search_fields = ["time_zone", "session__title"]
    fieldsets = [
        section(
            ["forum", "session", "region", "time_zone", "people"],
            _("Counted from registrations and bookings. Nobody edits it."),
        )
    ]
