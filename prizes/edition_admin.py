"""The organisers' pages of the prize: an edition with its rules, phases, categories and sponsors, and its categories."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.schedule.session_form import languages_field
from events.shared.admin.admin_bases import (
    NamedFormSet,
    PublicContentMixin,
    PublicPageMixin,
    RowsInline,
    SiteAdmin,
    section,
)
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.admin_recording import EVERY
from events.shared.admin.form_parts import Head
from events.shared.admin.lists.list_rows import published
from events.shared.admin.local_times import UTC, WallClockForm, ZoneField
from events.shared.admin.translated_forms import TranslatedForm, beside, with_texts
from events.shared.formatting import times
from events.shared.formatting.other_languages import names
from events.shared.formatting.times import known_zone
from prizes.editions import phases
from prizes.fair_play.admin_pages import FairPlayPages
from prizes.fair_play.proposals_admin import SetAsidePages
from prizes.models import Assignment, Category, Edition, Phase, PrizeSponsor, check_phase_order
from prizes.models.edition import nomination_languages
from prizes.results.admin import AnnouncementPages

# Where each refusal of a date stands.
FIELD_OF = {"reason-missing": "reason", "vote-begun": "starts"}
DATE_FIELDS = {"kind", "starts", "ends"}
RULES = _("Rules of the vote")

# The rooms of the cycle, in its order: words, name of the page, what a person needs to see it, and whether the page is
# of one edition (its key is the argument), a list (filtered by the edition), or the public one.
ROOMS = [
    (_("Nominations"), "prizes_nomination_changelist", "prizes.view_nomination", "list"),
    (_("Criteria"), "prizes_criterion_changelist", "prizes.view_criterion", "list"),
    (_("Experts"), "prizes_expert_changelist", "prizes.view_expert", "list"),
    (_("Reviews"), "prizes_assignment_changelist", "prizes.view_assignment", "all"),
    (_("Leaderboard"), "prizes_leaderboard", "prizes.shortlist_nomination", "one"),
    (_("Publish the nominees"), "prizes_publish_nominees", "prizes.publish_edition", "one"),
    (_("Ballots"), "prizes_ballot_changelist", "prizes.view_ballot", "list"),
    (_("Integrity report"), "prizes_edition_integrity", "prizes.inspect_ballot", "one"),
    (_("Quarantines"), "prizes_quarantine_changelist", "prizes.view_quarantine", "list"),
    (_("Chain"), "prizes:chain", "prizes.view_edition", "public"),
    (_("Counts"), "prizes_count_changelist", "prizes.view_count", "list"),
    (_("Winners"), "prizes_winner_choose", "prizes.choose_winner", "one"),
    (_("Propose an announcement"), "prizes_edition_announce", "prizes.announce_edition", "one"),
    (_("Log"), "events_historyentry_changelist", "prizes.log_edition", "list"),
    (_("Move the end of the vote"), "prizes_edition_end", "prizes.move_end_edition", "one"),
    (_("Close"), "prizes_edition_close", "prizes.close_edition", "one"),
    (_("Acts by two"), "events_approval_changelist", "events.view_approval", "list"),
]


class EditionForm(WallClockForm):
    time_zone = ZoneField(
        label=_("Time zone of the deadlines"),
        initial="Europe/Zurich",
        help_text=_("A city or a country, such as Nairobi."),
    )
    languages = languages_field("languages")
    reason = forms.CharField(
        label=_("Why the rules change"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed when you change a rule of an edition; it stands in the log."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "languages" in self.fields:
            self.fields["languages"].label = _("Languages of nominations")
            self.fields["languages"].help_text = ""
            self.fields["languages"].initial = nomination_languages()
            self.fields["languages"].required = True  # without one nobody could nominate

    def clean(self):
        data = super().clean()
        if not self.instance.pk:
            return data
        changed = phases.changed_settings(self.instance, values=data)
        try:
            phases.check_settings(self.instance, names=changed, reason=data.get("reason", ""), now=timezone.now())
        except ValidationError as refusal:
            is_asked = refusal.code == "reason-missing" and "reason" in self.fields
            self.add_error("reason" if is_asked else None, refusal)
        return data

    def given(self):
        """Only what changed is written, so that a seal or a count beside this page is not undone."""
        reason = self.cleaned_data.get("reason", "")
        return {"values": self.cleaned_data, "reason": reason} if self.instance.pk else {}


class PhaseForm(WallClockForm):
    """A row of the edition's phases; a change of dates needs its reason in the same row."""

    zone_name = "Europe/Zurich"
    reason = forms.CharField(
        label=_("Why the dates change"),
        required=False,
        max_length=2000,
        widget=forms.TextInput(attrs={"aria-label": _("Why the dates change")}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and "kind" in self.fields:
            self.fields["kind"].disabled = True

    def shown_zone(self) -> ZoneInfo:
        edition = self.instance.edition if self.instance.edition_id else None
        return edition.zone if edition else known_zone(self.zone_name, default=UTC)

    def chosen_zone(self) -> ZoneInfo:
        return known_zone(self.zone_name, default=self.shown_zone())

    def clean(self):
        data = super().clean()
        change = self.change()
        edition = self.instance.edition if self.instance.edition_id else None
        if edition and edition.pk and change and change.dates:
            try:
                phases.check(edition, change=change, now=timezone.now())
            except ValidationError as refusal:
                self.add_error(FIELD_OF.get(refusal.code, "ends"), refusal)
        return data

    def change(self) -> phases.PhaseChange | None:
        """What this row asks for, as the rule takes it; None where it has errors, is empty or was not touched."""
        data = self.cleaned_data
        if data.get("DELETE"):
            return phases.PhaseChange(self.instance.kind, None, data.get("reason", "")) if self.instance.pk else None
        if not self.has_changed() or not all(data.get(name) for name in DATE_FIELDS):
            return None
        return phases.PhaseChange(data["kind"], (data["starts"], data["ends"]), data.get("reason", ""))


class PhaseFormSet(NamedFormSet):
    """Phases are entered in the zone that the edition has on this page, saved or not."""

    is_written_by_rules = True

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.zone_name = self.instance.time_zone or "Europe/Zurich"

    def changes(self) -> list[phases.PhaseChange]:
        return [change for form in self.forms if (change := form.change())]  # type: ignore[attr-defined]

    def clean(self):
        super().clean()
        changes = self.changes()
        plan = {}
        if self.instance.pk:
            plan = {kind: (*dates,) for kind, *dates in self.instance.phases.values_list("kind", "starts", "ends")}
            for change in changes:
                if change.dates is None:  # Django does not look at the errors of rows that are to go
                    phases.check(self.instance, change=change, now=timezone.now())
        plan |= {change.kind: change.dates for change in changes}
        check_phase_order([(kind, *dates) for kind, dates in plan.items() if dates])

    def save(self, commit=True):
        """By the rule; what changed is named for the page's history."""
        changes, rows = self.changes(), super().save(commit=False)
        self.instance.refresh_from_db()
        phases.arrange(self.instance, changes=changes, by=self.instance.reader, now=timezone.now())
        return rows


class PhaseInline(RowsInline):
    model = Phase
    form = PhaseForm
    formset = PhaseFormSet
    fields = ["kind", "starts", "ends", "reason"]
    formfield_overrides = SiteAdmin.formfield_overrides
    max_num = len(Phase.Kind.values)


def _is_closed(edition: Edition) -> bool:
    return edition.closed is not None


def _is_fixed(row: Edition | Category | None) -> bool:
    """Whether the vote of an edition has begun, so that its rules and categories stand."""
    edition = row.edition if isinstance(row, Category) else row
    return edition is not None and edition.pk is not None and phases.has_vote_begun(edition, now=timezone.now())


def _have_experts_written(edition: Edition) -> bool:
    """Experts were told who will read their comments: it stays so."""
    return _is_closed(edition) or Assignment.objects.filter(nomination__edition=edition, updated__isnull=False).exists()


def _rules_stand(edition: Edition) -> bool:
    return _is_closed(edition) or _is_fixed(edition)


@with_texts(Category)
class CategoryForm(TranslatedForm):
    parts = ("title", "short_name")

    def clean(self):
        data = super().clean()
        edition = data.get("edition")
        if edition and self.has_changed():
            try:
                phases.check_categories(edition, now=timezone.now())
            except ValidationError as refusal:
                self.add_error("edition", refusal)
        return data


@with_texts(Category)
class CategoryRow(TranslatedForm):
    parts = ("title",)


class CategoryInline(RowsInline):
    never_once = dict.fromkeys(["add", "change", "delete"], _is_fixed)
    model = Category
    form = CategoryRow
    fields = ["number", "action_line", "title", *names("title"), "short_name"]
    autocomplete_fields = ["action_line"]


class SponsorInline(RowsInline):
    model = PrizeSponsor
    autocomplete_fields = ["organisation"]


@admin.register(Edition)
class EditionAdmin(PublicPageMixin, SetAsidePages, AnnouncementPages, FairPlayPages, PublicContentMixin, SiteAdmin):
    form = EditionForm
    never_once = {"delete": _is_fixed}
    rules = {"add": phases.add, "change": phases.change_settings}
    change_form_template = "admin/prizes/edition.html"
    list_display = ["name", "forum", "time_zone", "is_public"]
    list_filter = ["is_public"]
    list_select_related = ["forum"]
    search_fields = ["name", "forum__name"]
    autocomplete_fields = ["forum"]
    inlines = [PhaseInline, CategoryInline, SponsorInline]
    written_by_rules = EVERY
    prefetched = ["phases"]  # every part of the page asks whether the vote has begun
    readonly_fields = ["nominees_published", "polls_sealed", "closed", "key_destroyed"]
    fixed_fields = ["forum"]
    fixed_once = dict.fromkeys(phases.SETTINGS, _is_closed) | dict.fromkeys(Edition.RULES, _rules_stand)
    fixed_once["is_feedback_given"] = _have_experts_written
    change_only = [*readonly_fields, "reason"]
    write_only = ["reason"]
    fieldsets = [
        section(
            ["forum", "name", "time_zone"],
            _("One edition of the prize for each forum. Deadlines are in its time zone."),
        ),
        section(
            Edition.RULES,
            _("They can be changed until the vote begins. Then they stand in the first block of the chain."),
            RULES,
        ),
        section(
            [
                *("languages", "screening_readers", "reviews_per_nomination"),
                *("is_blind_review", "is_feedback_given", "nominees_per_category"),
            ],
            _("How projects come in, who checks them first, and how experts review them."),
            _("Nominations and review"),
        ),
        section(["smallest_block"], _("Accepted choices are sealed as one block every hour."), _("Chain")),
        section(write_only, _("The reason is logged with what changed and by whom."), _("Reason")),
        section(readonly_fields, _("What has happened so far, in UTC."), _("History")),
    ]
    own_pages = [OwnPage("<int:pk>/public/", "public", "prizes_edition_public", "prizes.change_edition", Edition)]

    def get_fieldsets(self, request, obj=None):
        """The rules say whether they stand already."""
        found = super().get_fieldsets(request, obj)
        if _is_fixed(obj):
            words = _("The vote has begun: these rules stand in the first block of the chain.")
            found = [(name, part | {"description": words} if name is RULES else part) for name, part in found]
        return found

    def head(self, request, row):
        """Whether the public sees it, and the phase that runs or comes."""
        now = timezone.now()
        phase = next((one for one in row.phases.all() if now < one.ends), None)
        facts: list[tuple[Any, Any]] = [(_("State"), published(row.is_public))]
        if phase:
            ends = times.deadline(phase.ends, zone=row.zone, forum=row.forum)
            starts = times.deadline(phase.starts, zone=row.zone, forum=row.forum)
            facts += [(_("Phase"), phase), (_("Until"), ends) if phase.starts <= now else (_("Begins"), starts)]
        is_offered = not row.is_public and request.user.has_perm("prizes.change_edition", row)
        page = reverse("admin:prizes_edition_public", args=[row.pk])
        return Head(facts, [(_("Make the prize public"), page)] if is_offered else [])

    def beside(self, request, row):
        return {"rooms": self._rooms(request, row)}

    def public(self, request, pk):
        """Ask, then show the prize to the public, or hide one that is public."""
        about = _(
            "Everybody sees the pages of the prize from then on, once the forum is public too: its dates, rules and categories, "
            "and the nominations and the vote when their time comes."
        )
        edition = get_object_or_404(Edition.objects.select_related("forum"), pk=pk)
        words = {"publish": _("Make the prize public"), "hide": _("Hide the prize"), "about": about}
        return self.public_page(request, edition, **words, forum=edition.forum)

    def _rooms(self, request, edition):
        """The pages of the cycle that the person may see, of this edition."""
        rooms, is_public = [], edition.is_public and edition.forum.is_public
        for words, name, permission, kind in ROOMS:
            if not request.user.has_perm(permission, edition) or (kind == "public" and not is_public):
                continue
            args = {"one": [edition.pk], "public": [edition.forum.slug]}.get(kind, [])
            url = reverse(name if kind == "public" else f"admin:{name}", args=args)
            rooms.append((words, f"{url}?forum={edition.forum.slug}" if kind == "list" else url))
        return rooms


@admin.register(Category)
class CategoryAdmin(PublicContentMixin, SiteAdmin):
    never_once = dict.fromkeys(["change", "delete"], _is_fixed)
    form = CategoryForm
    list_display = ["number", "title", "action_line", "edition"]
    list_display_links = ["title"]
    list_select_related = ["edition", "action_line"]
    search_fields = ["title", "short_name", "action_line__code", "action_line__short_name"]
    autocomplete_fields = ["edition", "action_line"]
    fieldsets = [
        section(
            ["edition", "number", *beside("title", "short_name"), "action_line"],
            _("Each category follows an Action Line. They stand once the vote has begun."),
        )
    ]
