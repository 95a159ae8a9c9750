"""The organisers' pages of registrations, and of drafts of them."""

from functools import partial

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from events.models import Organisation, Speaker, Viewing
from events.schedule.session_form import languages_field
from events.shared.admin.admin_bases import IsFilled, IsSet, ReadOnlyMixin, RowsInline, SiteAdmin, section
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.admin_recording import EVERY, RecordedAdmin
from events.shared.admin.form_parts import Head
from events.shared.admin.lists.list_rows import badge
from events.shared.admin.local_times import WallClockForm, ZoneField
from events.shared.admin.word_search import WordSearch, either
from events.shared.drafts import fields
from events.shared.formatting.names import term
from events.shared.pages import revision
from events.shared.rights import memberships
from events.shared.tables.admin_bases import TableMixin
from registration.accreditation import new_tickets, states
from registration.accreditation.admin import DecisionPages, StepInline
from registration.accreditation.documents import documents
from registration.models import Booking, FocalPoint, Kind, Registration, RegistrationDraft
from registration.people.accounts.roles import EXPORT_PEOPLE
from registration.registering import affiliation, missing_speakers, people_search, registrations
from registration.registering.desk.admin import DeskPages
from registration.registering.own_questions.answers_admin import AnswersAdmin
from registration.registering.questions import told
from registration.registering.registration_table import RegistrationResource

VIEW = "registration.view_registration"
SPEAKERS_A_PAGE = 100


class RegistrationForm(WallClockForm):
    languages = languages_field("languages")
    time_zone = ZoneField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("The zone of the person’s mails and agenda: a city or a country, such as Bamako."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        kind = self.fields.get("kind")
        if isinstance(kind, forms.ModelChoiceField):  # a page to read has no fields
            kind.queryset = Kind.objects.filter(forum=self.instance.forum_id)

    def given(self):
        row, data = self.instance, told(self.instance)
        if "affiliation" in self.changed_data:
            data["affiliation"] = affiliation.of(row.affiliation_id or affiliation.NEW, row.organisation)
        return {"data": data}


class WithdrawRegistrationForm(forms.Form):
    reason = fields.reason(gettext_lazy("The person reads it in the mail. The history keeps it."))


class BookingInline(ReadOnlyMixin, RowsInline):
    model = Booking
    fields = ["session", "created"]
    joined = ["session"]


class WithdrawnFilter(IsSet):
    title = gettext_lazy("registration")
    parameter_name = "withdrawn"
    words = (gettext_lazy("Registered"), gettext_lazy("Withdrawn"))


class OrganisationFilter(admin.SimpleListFilter):
    """The organisations that have focal points, and the one that is chosen. Others are found by search."""

    title = gettext_lazy("organisation")
    parameter_name = "affiliation"

    def lookups(self, request, model_admin):
        asked = Q(pk__in=model_admin.seen(request, FocalPoint.objects.order_by()).values("organisation"))
        if (chosen := self.used_parameters.get(self.parameter_name, "")).isdecimal():
            asked |= Q(pk=chosen[:9])
        found = Organisation.objects.filter(asked).values_list("pk", "name")
        return sorted(((str(key), name) for key, name in found), key=lambda one: one[1].casefold())

    def queryset(self, request, queryset):
        known = {key for key, _name in self.lookup_choices}
        return queryset.filter(affiliation=self.value()) if self.value() in known else queryset


def is_withdrawn(registration):
    return registration.withdrawn is not None


class SpeakerPages(RecordedAdmin):
    """Speakers who have not registered, and one mail to each."""

    own_pages = (OwnPage("speakers/", "missing_speakers", "registration_registration_speakers", VIEW),)

    def missing_speakers(self, request):
        """Those of a forum (`forum`: its slug; else the latest that one may see). A POST writes to them."""
        forums = memberships.forums(request.user, VIEW) & memberships.forums(request.user, "events.view_speaker")
        forum = self.forum_of_page(request, forums)
        may_write = forum in memberships.forums(request.user, "events.change_speaker")
        if request.method == "POST" and not may_write:
            raise PermissionDenied
        page = Paginator(missing_speakers.missing(forum), SPEAKERS_A_PAGE).get_page(request.GET.get("p", "")[:6])
        accounts = [one.account_id for one in page if one.account_id]
        self.saw_people(request, Viewing.Kind.LIST, accounts, model=Speaker, forum_id=forum.pk)
        return self.form_page(
            request,
            "admin/registration/missing_speakers.html",
            form=forms.Form(request.POST if request.method == "POST" else None),
            verb=partial(missing_speakers.write, forum),
            done=lambda n: ngettext("%(n)s mail goes out.", "%(n)s mails go out.", n) % {"n": n},
            to=f"{request.path}?forum={forum.slug}",
            title=_("Speakers who have not registered"),
            forum=forum,
            page=page,
            left=missing_speakers.unwritten(forum).count() if may_write else 0,
        )


@admin.register(Registration)
class RegistrationAdmin(DecisionPages, DeskPages, AnswersAdmin, SpeakerPages, TableMixin, WordSearch, SiteAdmin):
    never_once = {"change": is_withdrawn}  # who has withdrawn is left as they were
    rules = {"change": registrations.edit}
    never = ("add", "delete")  # people register themselves, at the desk, or come in by import; this page is for changes
    shown_person = "user"
    change_list_template = "admin/registration/registrations.html"
    resource = RegistrationResource
    export_right = EXPORT_PEOPLE
    role_of = ("user",)
    written_by_rules = EVERY
    form = RegistrationForm
    list_display = [
        "name",
        "email",
        "organisation",
        "kind",
        "shown_state",
        "created",
    ]
    hidden_columns = ["country", "stakeholder_type", "mode"]
    list_filter = [
        WithdrawnFilter,
        "kind",
        "state",
        OrganisationFilter,
        "mode",
        "stakeholder_type",
        "country__region",
        "gender",
        "is_sample",
        ("accessibility_needs", IsFilled),
    ]
    list_select_related = ["user", "kind"]
    list_left_out = people_search.LEFT_OUT_OF_PEOPLE
    is_found_by_keys = True
    search_fields = ["name", "user__email", "organisation"]
    search_help_text = gettext_lazy("Search by the beginning of names, of organisations or of the address.")
    date_hierarchy = "created"
    autocomplete_fields = ["country", "affiliation"]
    readonly_fields = [
        "forum",
        "email",
        "decision",
        "answer_lines",
        "files",
        "consented",
        "created",
        "updated",
        "withdrawn",
        "is_sample",
    ]
    inlines = [StepInline, BookingInline]
    actions = [*DecisionPages.actions, *DeskPages.actions, "new_tickets", "withdraw"]
    fieldsets = [
        section(
            ["forum", "email", "title", "name", "latin_name", "organisation", "affiliation"],
            gettext_lazy("What the person told us when registering. It is changed only when the person asks for it."),
        ),
        section(
            ["stakeholder_type", "country", "gender"],
            gettext_lazy("Attendances that are recorded already keep the values they were made with."),
            gettext_lazy("For the figures"),
        ),
        section(
            ["kind", "decision", "mode", "languages", "accessibility_needs"],
            gettext_lazy("Accessibility needs are for the people who prepare rooms and captions only."),
            gettext_lazy("Taking part"),
        ),
        section(
            ["answer_lines"],
            gettext_lazy("What the person answered to the questions of your forum. Only they change it."),
            gettext_lazy("Your questions"),
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

    def get_fieldsets(self, request, obj=None):
        """The files are for those who decide."""
        found = super().get_fieldsets(request, obj)
        if obj is None or obj.withdrawn or not states.may_decide(request.user, obj):
            return found
        about = gettext_lazy("Letters, photographs and other files. That you open one is written down.")
        return [*found[:4], section(["files"], about, gettext_lazy("Files")), *found[4:]]

    @admin.display(description=gettext_lazy("files"))
    def files(self, registration):
        return documents.as_links(registration)

    def found(self, request, rows, query):
        return rows.filter(pk__in=either(*people_search.people(Registration.objects.all(), query)))

    @admin.display(description=gettext_lazy("e-mail"), ordering="user__email")
    def email(self, registration):
        return registration.user.email

    def head(self, request, row):
        """Its state, and as what and how the person takes part."""
        facts = [
            (_("State"), self.shown_state(row)),
            (_("Kind"), term(row.kind)),
            (_("Takes part"), row.get_mode_display()),
        ]
        return Head(facts)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def shown_state(self, registration):
        if registration.withdrawn:
            return badge("withdrawn", _("Withdrawn"))
        return badge(registration.state, Registration.State(registration.state).label)

    @admin.action(description=gettext_lazy("New ticket"), permissions=["change"])
    def new_tickets(self, request, queryset):
        done = ngettext_lazy("%(n)s new ticket was sent.", "%(n)s new tickets were sent.", "n")
        about = _("They get a new ticket by mail. The ticket and the badge that they have now open no door any more.")
        own = {"title": _("New ticket"), "about": about}
        return self.ask_first(request, queryset, verb=new_tickets.make, done=done, **own)

    @admin.action(description=gettext_lazy("Withdraw"), permissions=["change"])
    def withdraw(self, request, queryset):
        done = ngettext_lazy("%(n)s withdrawn.", "%(n)s withdrawn.", "n")
        about = _("Their places go to others at once. What they attended stays.")
        own = {"form": WithdrawRegistrationForm, "title": _("Withdraw"), "about": about}
        asked = self.ask_first(request, queryset, verb=registrations.withdraw, done=done, **own)
        if asked is None:  # done
            revision.bump()
        return asked


@admin.register(RegistrationDraft)
class RegistrationDraftAdmin(ReadOnlyMixin, SiteAdmin):
    shown_person = "user"
    export_right = EXPORT_PEOPLE
    list_display = ["user", "forum", "updated"]
    list_select_related = ["forum", "user"]
    search_fields = ["user__email"]
    date_hierarchy = "updated"
    fieldsets = [
        section(
            ["forum", "user", "updated"],
            gettext_lazy("Somebody has begun to register. What they entered stays with them."),
        ),
    ]
