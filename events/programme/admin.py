"""Pages of speakers, and the rows that hang on a session."""

from django.contrib import admin
from django.db.models import Count
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from events.models import Appearance, Document, Speaker
from events.proposals.speakers import speaker_accounts
from events.schedule.availability_admin import AvailabilityInline
from events.schedule.speaker_table import SpeakerResource
from events.shared.admin.admin_bases import IsFilled, PublicContentMixin, ReadOnlyMixin, SiteAdmin, section
from events.shared.tables.admin_bases import TableMixin


@admin.register(Speaker)
class SpeakerAdmin(TableMixin, PublicContentMixin, SiteAdmin):
    resource = SpeakerResource
    role_of = ("account",)
    shown_person = "account"
    is_person_listed = False
    list_display = [
        "name", "form_of_address", "position", "organisation", "country", "protocol_order", "sessions_held", "has_account",
    ]  # fmt: skip
    list_filter = [
        "gender", "is_sample", "organisation__stakeholder_type", ("account", IsFilled),
    ]  # fmt: skip
    list_select_related = ["forum", "organisation", "country"]
    annotations = {"held": Count("appearances")}
    ordering = ["protocol_order", "name"]
    search_fields = ["name", "position", "organisation__name", "organisation__acronym"]
    autocomplete_fields = ["forum", "organisation", "country"]
    readonly_fields = ["shown_account"]
    actions = ["send_link", "disconnect"]
    inlines = [AvailabilityInline]
    fieldsets = [
        section(
            ["forum", "form_of_address", "name", "position"],
            _("As it is printed: H.E. Ms Ada Lovelace, Minister of Machines."),
        ),
        section(
            ["organisation", "country", "protocol_order"],
            _("Lists of speakers follow the protocol order, then the name."),
            _("Organisation and protocol"),
        ),
        section(
            ["email", "shown_account"],
            _(
                "Whose account a speaker is, only the speaker says: by the link of their invitation, or by one that you send "
                "(choose speakers in the list). A speaker may stay without an account."
            ),
            _("Account"),
        ),
        section(
            ["gender", "biography", "photo"], _("The gender is for statistics and is not shown on pages."), _("More")
        ),
    ]

    @admin.display(description=_("sessions"), ordering="held")
    def sessions_held(self, speaker):
        return speaker.held

    @admin.display(description=_("account"), boolean=True)
    def has_account(self, speaker):
        return speaker.account_id is not None

    @admin.display(description=_("account"), empty_value=_("None"))
    def shown_account(self, speaker):
        """The address is for those who may read accounts."""
        return speaker.account.public_name if speaker.account else None

    @admin.action(description=_("Send the link that connects an account"), permissions=["change"])
    def send_link(self, request, queryset):
        done = ngettext_lazy("%(n)s link goes out by mail.", "%(n)s links go out by mail.", "n")
        self.each(request, queryset, verb=speaker_accounts.send_link, done=done)

    @admin.action(description=_("Take the account away"), permissions=["change"])
    def disconnect(self, request, queryset):
        done = ngettext_lazy("%(n)s without an account now.", "%(n)s without an account now.", "n")
        self.each(request, queryset, verb=speaker_accounts.disconnect, done=done)


@admin.register(Appearance)
class AppearanceAdmin(ReadOnlyMixin, SiteAdmin):
    """To look up who speaks where. Changes are made on the session's page, where clashes are checked."""

    list_display = ["speaker", "session", "role", "order"]
    list_filter = ["role"]
    list_select_related = ["speaker", "session"]
    search_fields = ["speaker__name", "session__title"]
    fieldsets = [section(["session", "speaker", "role", "order"], _("Change panellists on the page of their session."))]


@admin.register(Document)
class DocumentAdmin(PublicContentMixin, SiteAdmin):
    is_part_of_session = True
    list_display = ["title", "session", "added"]
    list_select_related = ["session"]
    search_fields = ["title", "session__title"]
    date_hierarchy = "added"
    autocomplete_fields = ["session"]
    fieldsets = [section(["session", "title", "file"], _("Shown on the page of the session, to all."))]
