"""The open consultation for organisers: the call with its questions, the proposals with their verbs, hosts of sessions."""

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Call, Proposal, Question
from events.models.proposals import ProposalKind
from events.proposals.decision_admin import DECISIONS, VERBS, ProposalPages, ScoreForm, WordsForm
from events.proposals.decisions import may, reviews_seen_by
from events.proposals.form.answers import check_unanswered
from events.proposals.form.questions import ProposalDraft
from events.shared.admin.admin_bases import (
    NamedFormSet,
    PublicContentMixin,
    ReadOnlyMixin,
    SiteAdmin,
    label_of,
    section,
)
from events.shared.admin.form_parts import Head
from events.shared.admin.lists import cells
from events.shared.admin.lists.list_rows import badge
from events.shared.admin.relation_fields import KeysMixin
from events.shared.admin.translated_forms import TranslatedForm, TranslatedQuestionForm, beside, with_texts
from events.shared.drafts.fields import lines
from events.shared.formatting import times
from events.shared.history import log, verbs
from events.shared.history.verbs import Verb

OWN = gettext_lazy("This proposal is your own: others discuss and decide it.")

MOST_CHOICES, LONGEST_CHOICE = 200, 1000  # of a question; the column holds any

# What the people of a session do with it, and what its speakers answer: shown with its proposal too.
OF_SESSIONS = (
    *(Verb.EDIT_SESSION, Verb.ADD_DOCUMENT, Verb.REMOVE_DOCUMENT, Verb.REPORT_OUTCOME, Verb.APPROVE_REPORT),
    Verb.PUBLISH_OUTCOME,
    *(Verb.ASK_PANELLIST, Verb.TAKE_BACK_PANELLIST, Verb.KEEP_PANELLIST, Verb.REMOVE_PANELLIST),
    *(Verb.ADD_HOST, Verb.REMOVE_HOST, Verb.SPEAKER_ACCEPTED, Verb.SPEAKER_DECLINED),
)


def kinds_field(model, name, **more):
    return forms.MultipleChoiceField(
        label=label_of(model, name),
        choices=ProposalKind.choices,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "checks"}),
        **more,
    )


def choices_field(hint=""):
    return lines(label_of(Question, "choices"), most=MOST_CHOICES, length=LONGEST_CHOICE, hint=hint)


@with_texts(Question, choices=choices_field)
class ProposalQuestionForm(TranslatedQuestionForm):
    for_kinds = kinds_field(Question, "for_kinds", initial=ProposalKind.values)
    choices = choices_field(gettext_lazy("One on each line."))


class QuestionFormSet(NamedFormSet):
    def clean(self):
        super().clean()
        check_unanswered([form.instance for form in self.deleted_forms if form.instance.pk])


class QuestionInline(KeysMixin, admin.StackedInline):
    model = Question
    form = ProposalQuestionForm
    formset = QuestionFormSet
    extra = 0
    fieldsets = [
        section(
            [*beside("text", "hint"), ("kind", "is_required", "order"), *beside("choices"), "for_kinds"],
            gettext_lazy("Asked in the last step of a proposal."),
        )
    ]


@with_texts(Call)
class CallForm(TranslatedForm):
    parts = ("text",)
    kinds = kinds_field(Call, "kinds", initial=ProposalKind.values)


def _is_used(call):
    """The pages of proposals need their call."""
    return Proposal.objects.filter(forum=call.forum_id).exists()


@admin.register(Call)
class CallAdmin(PublicContentMixin, SiteAdmin):
    never_once = {"delete": _is_used}
    form = CallForm
    list_display = ["forum", "opens", "closes", "details_until"]
    list_select_related = ["forum"]
    search_fields = ["forum__name", "forum__slug"]
    autocomplete_fields = ["forum"]
    inlines = [QuestionInline]
    fixed_fields = ["forum"]
    fieldsets = [
        section(
            ["forum", ("opens", "closes"), "kinds", *beside("text")],
            gettext_lazy("Open from the first moment until just before the second."),
        ),
        section(
            ["details_until", "outcome_days"],
            gettext_lazy("What the organisers of accepted workshops do themselves."),
            gettext_lazy("Afterwards"),
        ),
    ]

    def view_on_site(self, call):
        return reverse("events:proposals", args=[call.forum.slug]) if call.forum.is_public else None


class WaitsFilter(admin.SimpleListFilter):
    """What waits for me: the lists behind the dashboard's lines."""

    title = gettext_lazy("my points")
    parameter_name = "mine"

    def lookups(self, request, model_admin):
        found = [("no", _("Waits for my points")), ("yes", _("I have scored it"))]
        return [*found, ("decide", _("Waits for a decision"))] if may(request.user, verb="decide") else found

    def queryset(self, request, queryset):
        wanted = {
            "no": Proposal.objects.to_score(request.user),
            "yes": Proposal.objects.filter(reviews__reviewer=request.user),
            "decide": Proposal.objects.to_decide(request.user),
        }
        return queryset.filter(pk__in=wanted[self.value()].values("pk")) if self.value() in wanted else queryset


class ProposalStateFilter(admin.SimpleListFilter):
    """By the state that the list shows."""

    title = label_of(Proposal, "state")
    parameter_name = "state__exact"

    def lookups(self, request, model_admin):
        return Proposal.State.choices

    def queryset(self, request, queryset):
        return queryset.filter(seen_state=self.value()) if self.value() else queryset


@admin.register(Proposal)
class ProposalAdmin(ProposalPages, ReadOnlyMixin, SiteAdmin):
    """What people propose is theirs: organisers read it. State moves by the verbs only."""

    change_form_template = "admin/events/proposal.html"
    shown_person = "proposer"
    is_person_listed = False
    role_of = ("proposer", "editors")
    guarded = dict.fromkeys(["proposer__email", "scores"], "events.decide_proposal")
    list_display = ["code", "title", "kind", "organisation_name", "shown_state", "submitted", "scores"]
    hidden_columns = ["country"]
    list_display_links = ["title"]
    list_filter = [ProposalStateFilter, "kind", WaitsFilter, "stakeholder_type", "country__region", "is_sample"]
    list_select_related = ["forum"]
    search_fields = ["=code", "title", "organisation_name", "proposer__email", "proposer__name"]
    search_help_text = gettext_lazy("Search by code, title, organisation, or the person who proposed.")
    date_hierarchy = "submitted"
    ordering = ["-submitted", "-pk"]
    fieldsets = [
        section(
            [
                *("code", ("proposed_by", "people", "became")),
                *("words", "reviews_shown"),
            ],
            gettext_lazy(
                "Who has not scored it yet does not see what others gave. Each decision drafts mails: edit them in the outbox "
                "and let them go. Until then nobody outside knows of it; if you take the mails back, the decision is dropped."
            ),
        ),
        section(
            ["history"],
            gettext_lazy("For organisers and reviewers only."),
            gettext_lazy("Discussion and history"),
        ),
    ]
    readonly_fields = flatten_fieldsets(fieldsets)

    def get_queryset(self, request):
        rows = self.seen(request, Proposal.objects.seen_by(request.user))
        return rows.select_related("forum", "proposer", "country", "session_type").order_by(*self.ordering)

    @admin.display(description=label_of(Proposal, "state"), ordering="seen_state")
    def shown_state(self, proposal):
        """As decided; but who looks at a proposal of their own sees what they were told."""
        label = Proposal.State(proposal.seen_state).label
        return label if proposal.seen_state == proposal.state else _("%(state)s, not told yet") % {"state": label}

    @admin.display(description=gettext_lazy("points"), ordering="mean_points")
    def scores(self, proposal):
        if proposal.is_own or not proposal.points_given:
            return "-"
        return f"{proposal.mean_points:.1f} ({proposal.points_given})"

    def head(self, request, row):
        facts = [
            (_("State"), badge(row.seen_state, self.shown_state(row))),
            (_("Kind of request"), row.get_kind_display()),
        ]
        facts.append((_("Submitted"), self._submitted(row)))
        if request.user.has_perm(self.guarded["scores"], row):
            facts.append((_("Points"), self.scores(row)))
        return Head(facts)

    def beside(self, request, row):
        """The form of points, the decisions with the words to the person, and links to the pages of other verbs."""
        offered = {
            verb: {"page": reverse("admin:events_proposal_act", args=[row.pk, verb]), "name": one.name}
            for verb, one in VERBS.items()
            if one.is_offered(row, user=request.user)
        }
        if (score := offered.pop("score", None)) is not None:
            score["form"] = ScoreForm(proposal=row, user=request.user)
        decisions = [offered.pop(verb) for verb in DECISIONS if verb in offered]
        return {"score": score, "decisions": decisions, "words": WordsForm(), "others": offered.values()}

    @admin.display(description=gettext_lazy("proposed by"))
    def proposed_by(self, proposal):
        """Without a link: not everybody who reads proposals may see accounts."""
        name = proposal.proposer.public_name
        return f"{name} · {proposal.proposer.email}" if self._sees_addresses(proposal) else name

    @staticmethod
    def _sees_addresses(proposal):
        """Who decides writes to people; who only judges need not know their addresses."""
        return may(proposal.reader, verb="decide", proposal=proposal) or proposal.is_own

    @staticmethod
    def _submitted(proposal):
        forum, at = proposal.forum, proposal.submitted
        return times.deadline(at, zone=forum.zone, forum=forum) if at else "-"

    @admin.display(description=gettext_lazy("edited with"))
    def people(self, proposal):
        """Who edits it; with their addresses, and those of people who are asked to, for who may read addresses."""
        if not self._sees_addresses(proposal):
            return ", ".join(user.public_name for user in proposal.editors.all()) or "-"
        asked = proposal.collaborator_invitations.open_at(timezone.now())
        waiting = [_("%(address)s (asked)") % {"address": one.email} for one in asked]
        return ", ".join([*map(str, proposal.editors.all()), *waiting]) or "-"

    @admin.display(description=gettext_lazy("became"))
    def became(self, proposal):
        is_merged = proposal.seen_state == Proposal.State.MERGED
        row = proposal.session or (proposal.merged_into if is_merged else None)
        if row is None:
            return "-"
        address = reverse(f"admin:events_{row._meta.model_name}_change", args=[row.pk])
        return cells.links([(address, row)])

    @admin.display(description=gettext_lazy("proposal"))
    def words(self, proposal):
        call = Call.objects.filter(forum=proposal.forum_id).first()
        draft = ProposalDraft(proposal, call=call)
        parts = draft.summary(has_addresses=self._sees_addresses(proposal))
        return cells.texts((label, "", text) for part in parts for label, text in part.lines)

    @admin.display(description=gettext_lazy("points"))
    def reviews_shown(self, proposal):
        if proposal.is_own:
            return OWN
        seen = reviews_seen_by(proposal.reader, proposal=proposal)
        return cells.texts((one.points, one.reviewer.public_name, one.comment) for one in seen)

    @admin.display(description=gettext_lazy("history"))
    def history(self, proposal):
        if proposal.is_own:
            return OWN
        rows = log.of(proposal)
        if proposal.session_id:
            rows |= log.of(proposal.session).filter(verb__in=OF_SESSIONS)
        done = ((one.at, one.actor, verbs.label(one.verb), one.reason) for one in rows.select_related("actor"))
        comments = proposal.comments.select_related("author")
        said = ((one.at, one.author, _("wrote"), one.text) for one in comments)
        return cells.texts(
            (f"{date_format(proposal.forum.local(at), 'j M Y H:i')} · {what}", who.public_name if who else "", words)
            for at, who, what, words in sorted([*done, *said], key=lambda one: one[0])
        )
