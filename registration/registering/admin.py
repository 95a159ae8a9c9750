"""The organisers' pages of registrations, and of drafts of them."""

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.pages import revision
from events.schedule.session_form import languages_field
from events.staff.admin_bases import ReadOnlyMixin, Rows, SiteAdmin, section
from events.staff.admin_recording import EVERY
from events.staff.local_times import WallClockForm
from events.staff.word_search import WordSearch, either
from events.tables.admin_bases import TableMixin
from registration.models import Booking, Registration, RegistrationDraft
from registration.registering import people_search, registrations
from registration.registering.registration_table import RegistrationResource


class RegistrationForm(WallClockForm):
    languages = languages_field("languages")
    time_zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=64,
        widget=forms.TextInput(attrs={"list": "zones"}),
        help_text=gettext_lazy("The zone of the person’s mails and agenda, such as Africa/Bamako."),
    )


class BookingInline(ReadOnlyMixin, Rows):
    model = Booking
    fields = ["session", "created"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("session")


class WithdrawnFilter(admin.SimpleListFilter):
    title = gettext_lazy("registration")
    parameter_name = "withdrawn"

    def lookups(self, request, model_admin):
        return [("no", _("Registered")), ("yes", _("Withdrawn"))]

    def queryset(self, request, queryset):
        if self.value() in {"yes", "no"}:
            return queryset.filter(withdrawn__isnull=self.value() == "no")
        return queryset


@admin.register(Registration)
class RegistrationAdmin(TableMixin, WordSearch, SiteAdmin):
    shown_person = "user"
    resource_classes = [RegistrationResource]
    written_by_rules = EVERY
    form = RegistrationForm
    change_form_template = "admin/zoned_form.html"
    list_display = ["name", "email", "organisation", "stakeholder_type", "country", "mode", "created", "is_withdrawn"]
    list_filter = [
        "forum",
        WithdrawnFilter,
        "mode",
        "stakeholder_type",
        "country__region",
        "gender",
        "is_sample",
        ("accessibility_needs", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["forum", "user", "country"]
    search_fields = ["name", "user__email", "organisation"]
    search_help_text = gettext_lazy("Search by the beginning of names, of organisations or of the address.")
    date_hierarchy = "created"
    autocomplete_fields = ["country"]
    readonly_fields = ["forum", "email", "consented", "created", "updated", "withdrawn", "is_sample"]
    inlines = [BookingInline]
    actions = ["withdraw"]
    fieldsets = [
        section(
            ["forum", "email", "title", "name", "organisation"],
            gettext_lazy("What the person told us when registering. Change it only when the person asks you to."),
        ),
        section(
            ["stakeholder_type", "country", "gender"],
            gettext_lazy("Attendances that are recorded already keep the values they were made with."),
            gettext_lazy("For the figures"),
        ),
        section(
            ["mode", "languages", "accessibility_needs"],
            gettext_lazy("Accessibility needs are for the people who prepare rooms and captions only."),
            gettext_lazy("Taking part"),
        ),
        section(
            ["language", "time_zone", "wants_reminders"],
            gettext_lazy("Reminders are written in this language and show times in this zone."),
            gettext_lazy("Mails"),
        ),
        section(
            ["consented", "created", "updated", "withdrawn", "is_sample"],
            gettext_lazy("In UTC. To withdraw people, choose them in the list."),
            gettext_lazy("Dates"),
        ),
    ]

    def found(self, request, rows, query):
        return rows.filter(pk__in=either(*people_search.people(Registration.objects.all(), query)))

    def has_add_permission(self, request):
        """People register themselves, or come in by import; this page is for changes."""
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_import_permission(self, request):
        return request.user.has_perm("registration.add_registration")

    def has_export_permission(self, request):
        return request.user.has_perm("registration.export_registration")

    def save_model(self, request, obj, form, change):
        data = registrations.profile(obj) | {"wants_reminders": obj.wants_reminders}
        registrations.edit(obj, data=data, by=request.user, now=timezone.now())

    def render_change_form(self, request, context, *args, **kwargs):
        from events.models.time_zones import zone_names

        return super().render_change_form(request, {**context, "zones": zone_names()}, *args, **kwargs)

    def has_change_permission(self, request, obj=None):
        """Who has withdrawn is left as they were."""
        return super().has_change_permission(request, obj) and (obj is None or obj.withdrawn is None)

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or super().has_change_permission(request)

    @admin.display(description=gettext_lazy("e-mail"), ordering="user__email")
    def email(self, registration):
        return registration.user.email

    @admin.display(description=gettext_lazy("withdrawn"), boolean=True, ordering="withdrawn")
    def is_withdrawn(self, registration):
        return registration.withdrawn is not None

    @admin.action(description=gettext_lazy("Withdraw"), permissions=["change"])
    def withdraw(self, request, queryset):
        done = ngettext_lazy("%(n)s withdrawn.", "%(n)s withdrawn.", "n")
        self.each(request, queryset, verb=registrations.withdraw, done=done)
        revision.bump()


@admin.register(RegistrationDraft)
class RegistrationDraftAdmin(ReadOnlyMixin, SiteAdmin):
    shown_person = "user"
    list_display = ["user", "forum", "updated"]
    list_filter = ["forum"]
    list_select_related = ["forum", "user"]
    search_fields = ["user__email"]
    date_hierarchy = "updated"
    fieldsets = [
        section(
            ["forum", "user", "updated"],
            gettext_lazy("Somebody has begun to register. What they entered stays with them."),
        ),
    ]
