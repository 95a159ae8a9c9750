"""The organisers' pages of nominations, read-only but for the verbs, and of projects that won in earlier years."""

import json
from functools import partial
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.forms import Form
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.shared.admin.admin_bases import IsSet, ReadOnlyMixin, RowsInline, SeenValues, SiteAdmin, section
from events.shared.admin.current_forum import current_forum
from events.shared.admin.form_parts import Head
from events.shared.admin.lists import cells
from events.shared.admin.lists.list_rows import badge
from events.shared.admin.local_times import WallClockForm
from events.shared.tables.admin_bases import TableMixin
from prizes.editions.reason_form import ReasonForm
from prizes.models import EarlierWinner, Edition, Nomination, NominationVersion
from prizes.nominations import duplicates, screening, screening_forms, submission
from prizes.nominations.winner_table import EarlierWinnerResource
from prizes.review import shortlisting
from prizes.review.anonymise import TEXTS

MOST_CODES = 200  # a page of the list; more are assigned by category
SHORTLISTED = ngettext_lazy("%(n)s shortlisted.", "%(n)s shortlisted.", "n")
UNSHORTLISTED = ngettext_lazy("%(n)s taken off the shortlist.", "%(n)s taken off the shortlist.", "n")
CHECKED = ngettext_lazy("%(n)s checked.", "%(n)s checked.", "n")
SENT_BACK = ngettext_lazy("%(n)s sent back.", "%(n)s sent back.", "n")
MOVED = ngettext_lazy("%(n)s moved to the category.", "%(n)s moved to the category.", "n")
WITHDRAWN = ngettext_lazy("%(n)s withdrawn.", "%(n)s withdrawn.", "n")


class VersionInline(ReadOnlyMixin, RowsInline):
    model = NominationVersion
    joined = ["by"]
    ordering = ["-number"]
    fields = ["number", "at", "by", "words"]
    readonly_fields = fields

    @admin.display(description=gettext_lazy("what was submitted"))
    def words(self, version):
        text = json.dumps(version.data, ensure_ascii=False, indent=1)
        return format_html('<details><summary>{}</summary><pre dir="auto">{}</pre></details>', version.number, text)


class CheckFilter(IsSet):
    title = gettext_lazy("first check")
    parameter_name = "screened"
    words = gettext_lazy("Not passed yet"), gettext_lazy("Passed")


@admin.register(Nomination)
class NominationAdmin(ReadOnlyMixin, SiteAdmin):
    """What people nominated is theirs: organisers read it. State moves by the actions of the list only,
    of which each but `assign` asks for a reason first."""

    shown_person = "nominator"
    is_person_listed = False
    role_of = ("nominator",)
    list_display = ["code", "title", "entity_name", "category", "state", "submitted", "similar_confirmed"]
    list_display_links = ["title"]
    list_filter = [
        "state",
        CheckFilter,
        ("category__number", SeenValues),
        "stakeholder_type",
        "similar_confirmed",
        "is_sample",
    ]
    list_select_related = ["category"]
    search_fields = ["code", "title", "entity_name", "nominator__email", "nominator__name"]
    search_help_text = gettext_lazy("Search by code, title, entity, or the person who submitted it.")
    date_hierarchy = "submitted"
    inlines = [VersionInline]
    actions = ["accept", "refuse", "send_back", "move", "shortlist", "unshortlist", "assign", "withdraw"]
    rights = {"assign": "prizes.add_assignment", "withdraw": "prizes.change_nomination"}
    fieldsets = [
        section(
            ["edition", "code", "state", "nominator", "is_own_project", "submitted", "waiting"],
            gettext_lazy(
                "Choose nominations in the list to shortlist or withdraw them. Their words belong to who wrote them."
            ),
        ),
        section(
            [("screened", "first_reader", "first_verdict"), "screening_reason", "screening_words", "mend_until"],
            gettext_lazy("What the secretariat found before the review, and what the nominator is told of it."),
            gettext_lazy("First check"),
        ),
        section(
            [
                "title",
                "entity_name",
                "stakeholder_type",
                "country",
                "category",
                ("starts_on", "ends_on"),
                "project_status",
                "language",
                "addresses",
            ],
            gettext_lazy("As it was submitted last. Drafts are their nominators’ alone."),
            gettext_lazy("Project"),
        ),
        section(
            ["near", "similar_confirmed"],
            gettext_lazy("The person who submitted saw these and confirmed that the project is another."),
            gettext_lazy("Near-equal titles"),
        ),
        section([*TEXTS, "goals"], gettext_lazy("The public reads the short description only."), gettext_lazy("Texts")),
        section(["files"], gettext_lazy("Downloads. Open them with care: people sent them."), gettext_lazy("Files")),
    ]

    @admin.display(description=gettext_lazy("changes not submitted"), boolean=True)
    def waiting(self, nomination):
        return bool(nomination.changes)

    @admin.display(description=gettext_lazy("addresses"))
    def addresses(self, nomination):
        found = [address for address in [nomination.website, *nomination.links] if address]
        return cells.links([(address, address) for address in found], as_rows=True)

    @admin.display(description=gettext_lazy("near-equal titles"))
    def near(self, nomination):
        found = duplicates.similar(
            nomination.edition, title=nomination.title, besides=nomination.pk, now=timezone.now()
        )
        rows = []
        for one in found:
            year = str(one.year) if isinstance(one, EarlierWinner) else ""
            words = " · ".join(part for part in (one.title, one.entity_name, year) if part)
            is_here = isinstance(one, Nomination)
            rows.append((reverse("admin:prizes_nomination_change", args=[one.pk]) if is_here else "", words))
        return cells.links(rows, as_rows=True)

    @admin.display(description=gettext_lazy("goals"))
    def goals(self, nomination):
        return cells.texts((link.sdg, "", link.text) for link in nomination.linkages.select_related("sdg"))

    @admin.display(description=gettext_lazy("files"))
    def files(self, nomination):
        forum = nomination.edition.forum.slug
        rows = (
            (reverse("prizes:nominate-file", args=[forum, nomination.code, file.pk]), file.title)
            for file in nomination.attachments.all()
        )
        return cells.links(rows, as_rows=True)

    def head(self, request, row):
        facts = [(_("State"), badge(row.state, row.get_state_display())), (_("Category"), row.category or "–")]
        return Head([*facts, (_("Entity"), row.entity_name or "–")])

    def get_queryset(self, request):
        """What was never submitted, and was perhaps withdrawn, is its nominator's alone."""
        return super().get_queryset(request).filter(submitted__isnull=False)

    # --- actions ----------------------------------------------------------------------------------
    def has_screen_permission(self, request):
        """Where the edition has a first check."""
        edition = Edition.objects.filter(forum=current_forum(request), screening_readers__gt=0)
        return request.user.has_perm(self.right("screen")) and edition.exists()

    def has_shortlist_permission(self, request):
        return request.user.has_perm(self.right("shortlist"))

    def has_assign_permission(self, request):
        return request.user.has_perm(self.right("assign"))

    def has_withdraw_permission(self, request):
        return request.user.has_perm(self.right("withdraw"))

    def _with_reason(self, request, queryset, **about):
        return self.ask_first(request, queryset.select_related("edition"), form=ReasonForm, **about)

    def _checked(self, request, queryset, **about):
        return self.ask_first(request, queryset.select_related("edition"), **about)

    @admin.action(description=gettext_lazy("Pass the first check"), permissions=["screen"])
    def accept(self, request, queryset):
        title, about = _("Pass the first check"), _("Experts can be assigned from then on. Nobody gets a mail.")
        return self._checked(
            request, queryset, form=Form, verb=screening.accept, done=CHECKED, title=title, about=about
        )

    @admin.action(description=gettext_lazy("Reject at the first check"), permissions=["screen"])
    def refuse(self, request, queryset):
        about = _("They go no further. The people who submitted them get a mail with the reason and your words.")
        asked = {"form": screening_forms.RefuseForm, "verb": screening.refuse, "done": CHECKED}
        return self._checked(request, queryset, **asked, title=_("Reject at the first check"), about=about)

    @admin.action(description=gettext_lazy("Send back for correction"), permissions=["screen"])
    def send_back(self, request, queryset):
        about = _(
            "The people who submitted them get a mail. They can correct them until the end of that day and submit them again."
        )
        asked = {"form": screening_forms.SendBackForm, "verb": screening.send_back, "done": SENT_BACK}
        return self._checked(request, queryset, **asked, title=_("Send back for correction"), about=about)

    @admin.action(description=gettext_lazy("Move to another category"), permissions=["screen"])
    def move(self, request, queryset):
        about, form = (
            _("The people who submitted them get a mail."),
            partial(screening_forms.MoveForm, forum=current_forum(request)),
        )
        asked = {"form": form, "verb": screening.move, "done": MOVED}
        return self._checked(request, queryset, **asked, title=_("Move to another category"), about=about)

    @admin.action(description=gettext_lazy("Shortlist"), permissions=["shortlist"])
    def shortlist(self, request, queryset):
        about = {"title": _("Shortlist nominations"), "button": _("Shortlist")}
        return self._with_reason(request, queryset, verb=shortlisting.shortlist, done=SHORTLISTED, **about)

    @admin.action(description=gettext_lazy("Take off the shortlist"), permissions=["shortlist"])
    def unshortlist(self, request, queryset):
        about = {"title": _("Take nominations off the shortlist"), "button": _("Take off the shortlist")}
        return self._with_reason(request, queryset, verb=shortlisting.unshortlist, done=UNSHORTLISTED, **about)

    @admin.action(description=gettext_lazy("Withdraw"), permissions=["withdraw"])
    def withdraw(self, request, queryset):
        about = {"title": _("Withdraw nominations"), "button": _("Withdraw")}
        return self._with_reason(request, queryset, verb=submission.withdraw, done=WITHDRAWN, **about)

    @admin.action(description=gettext_lazy("Assign experts"), permissions=["assign"])
    def assign(self, request, queryset):
        """Lead to the page that assigns, with the chosen nominations filled in."""
        rows = list(queryset.order_by("code").values_list("edition", "code")[: MOST_CODES + 1])
        if len({edition for edition, _code in rows}) > 1:
            return self.message_user(request, _("Choose nominations of one edition"), messages.ERROR)
        if len(rows) > MOST_CODES:
            words = _("Choose 200 nominations at the most, or assign whole categories")
            return self.message_user(request, words, messages.ERROR)
        query = urlencode({"edition": rows[0][0] if rows else "", "codes": " ".join(code for _edition, code in rows)})
        return HttpResponseRedirect(f"{reverse('admin:prizes_assignment_add')}?{query}")


class EarlierWinnerForm(WallClockForm):
    def clean_title(self):
        duplicates.rename(self.instance, title=self.cleaned_data["title"])
        return self.instance.title


@admin.register(EarlierWinner)
class EarlierWinnerAdmin(TableMixin, SiteAdmin):
    resource = EarlierWinnerResource
    form = EarlierWinnerForm
    list_display = ["title", "year", "entity_name", "country"]
    list_filter = ["year", "is_sample"]
    list_select_related = ["country"]
    search_fields = ["title", "entity_name"]
    autocomplete_fields = ["country"]
    fieldsets = [
        section(
            ["year", "title", "entity_name", "country"],
            gettext_lazy("A project that won in an earlier year cannot be submitted again."),
        )
    ]
