"""The organisers' pages of fair play: ballots, of which nobody sees the choices, and quarantines, decided by two."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.staff.admin_bases import ReadOnlyMixin, SiteAdmin
from prizes.count import recount_requests
from prizes.fair_play import quarantines
from prizes.fair_play.admin_pages import PER_PAGE, ReasonForm, page_number, propose_page, state_of
from prizes.models import Ballot, Quarantine


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            ("begun", _("Begun")),
            ("incomplete", _("Incomplete")),
            ("complete", _("Complete")),
            ("aside", _("Set aside")),
        ]

    def queryset(self, request, queryset):
        chosen = {
            "begun": {"is_quarantined": False, "is_complete": False, "chosen": 0},
            "incomplete": {"is_quarantined": False, "is_complete": False, "chosen__gt": 0},
            "complete": {"is_quarantined": False, "is_complete": True},
            "aside": {"is_quarantined": True},
        }
        return queryset.filter(**chosen.get(self.value(), {}))


@admin.register(Ballot)
class BallotAdmin(ReadOnlyMixin, SiteAdmin):
    """What a ballot's state is. Whose it is, only those see who may read the integrity report; what is on it, nobody."""

    list_display = ["number", "state", "country", "stakeholder_type", "began", "edition"]
    list_filter = ["edition", StateFilter, "stakeholder_type"]
    list_select_related = ["edition", "country", "user"]
    actions = ["propose_quarantine"]
    shown = ["number", "edition", "state", "country", "stakeholder_type", "began"]

    @staticmethod
    def _sees_accounts(request):
        return request.user.has_perm("prizes.inspect_ballot")

    def get_list_display(self, request):
        account = ["account"] if self._sees_accounts(request) else []
        return [*self.list_display[:1], *account, *self.list_display[1:]]

    def get_search_fields(self, request):
        return ["user__email"] if self._sees_accounts(request) else []

    def get_fieldsets(self, request, obj=None):
        account = ["account"] if self._sees_accounts(request) else []
        description = _("Ballots are filled by their voters only. Nobody sees here what they chose.")
        return [(None, {"fields": [*self.shown[:1], *account, *self.shown[1:]], "description": description})]

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, ballot):
        return ballot.pk

    @admin.display(description=gettext_lazy("account"), ordering="user__email")
    def account(self, ballot):
        return ballot.user.email

    @admin.display(description=gettext_lazy("state"))
    def state(self, ballot):
        return state_of(ballot)

    def has_decide_permission(self, request):
        return request.user.has_perm("prizes.decide_quarantine")

    @admin.action(description=gettext_lazy("Propose to set them aside"), permissions=["decide"])
    def propose_quarantine(self, request, queryset):
        editions = list(queryset.order_by().values_list("edition", flat=True).distinct()[:2])
        if len(editions) != 1:
            self.message_user(request, _("Choose ballots of one edition."), messages.WARNING)
            return None
        edition = queryset.first().edition
        return propose_page(self.admin_site, request, edition, ballots=queryset.order_by("pk"))


COUNTING_MOVES = {"agree", "lift"}  # after them the votes are counted again, where they were counted
# The moves of the page: verb → (from which state, words of the button, what it does, whether a reason is asked for).
MOVES = {
    "agree": (
        Quarantine.State.PROPOSED,
        gettext_lazy("Agree: set the ballots aside"),
        gettext_lazy(
            "The ballots do not count from now on. Where the votes are counted already, they are counted again."
        ),
        False,
    ),
    "drop": (
        Quarantine.State.PROPOSED,
        gettext_lazy("Drop the proposal"),
        gettext_lazy("The ballots go on counting."),
        True,
    ),
    "propose_lifting": (
        Quarantine.State.IN_FORCE,
        gettext_lazy("Propose to count them again"),
        gettext_lazy("The ballots stay set aside until a second organiser agrees."),
        True,
    ),
    "lift": (
        Quarantine.State.LIFTING,
        gettext_lazy("Agree: count the ballots again"),
        gettext_lazy(
            "The ballots count, but for those that another quarantine holds. Counted votes are counted again."
        ),
        False,
    ),
    "keep": (
        Quarantine.State.LIFTING,
        gettext_lazy("Keep them set aside"),
        gettext_lazy("The proposal to count the ballots again is turned down."),
        True,
    ),
}


@admin.register(Quarantine)
class QuarantineAdmin(ReadOnlyMixin, SiteAdmin):
    change_form_template = "admin/prizes/fair_play/quarantine.html"
    list_display = ["number", "kind", "state", "size", "proposed_by", "proposed", "decided_by", "edition"]
    list_filter = ["edition", "state", "kind"]
    list_select_related = ["edition", "proposed_by", "decided_by"]
    search_fields = ["reason", "lift_reason"]
    fieldsets = [
        (
            None,
            {
                "fields": ["edition", "state", "kind", "reason", "proposed_by", "proposed", "decided_by", "decided"],
                "description": gettext_lazy("Ballots that do not count. Nothing of them is deleted. Times in UTC."),
            },
        ),
        (
            gettext_lazy("Lifting"),
            {
                "fields": ["lift_reason", "lift_proposed_by", "lift_proposed", "lifted_by", "lifted"],
                "description": gettext_lazy("Ballots count again when a second organiser agrees to it."),
            },
        ),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(entry_count=Count("entries"))

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, quarantine):
        return quarantine.pk

    @admin.display(description=gettext_lazy("ballots"), ordering="entry_count")
    def size(self, quarantine):
        return quarantine.entry_count

    def get_urls(self):
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/move/<slug:move>/", wrap(self.move_view), name="prizes_quarantine_move"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.get_object(request, object_id)
        extra = {}
        if row is not None and self.has_view_permission(request, row):
            extra = {"quarantine": row, "moves": self._moves(request, row), "page": self._ballots(request, row)}
            extra["recount"] = self._recount(row)
        return super().change_view(request, object_id, form_url, {**extra, **(extra_context or {})})

    @staticmethod
    def _moves(request, row):
        """The moves that this person may make now: (address, words)."""
        if not request.user.has_perm("prizes.decide_quarantine") or row.edition.closed:
            return []
        first = {"agree": row.proposed_by_id, "lift": row.lift_proposed_by_id}
        return [
            (reverse("admin:prizes_quarantine_move", args=[row.pk, move]), words)
            for move, (state, words, _what, _needs_reason) in MOVES.items()
            if state == row.state and first.get(move) != request.user.pk
        ]

    @staticmethod
    def _recount(row):
        """The new count, where this quarantine may have asked for it."""
        return recount_requests.latest(row.edition) if row.decided else None

    @staticmethod
    def _ballots(request, row):
        """The ballots with their accounts, for those who may read the integrity report."""
        if not request.user.has_perm("prizes.inspect_ballot"):
            return None
        ballots = Ballot.objects.filter(pk__in=row.entries.values("ballot_id")).select_related("user", "country")
        return Paginator(ballots.order_by("pk"), PER_PAGE).get_page(page_number(request))

    def move_view(self, request, pk, move):
        """Ask for the reason, where one is needed, and make the move."""
        if not request.user.has_perm("prizes.decide_quarantine"):
            raise PermissionDenied
        row = get_object_or_404(Quarantine.objects.select_related("edition"), pk=pk)
        if move not in MOVES:
            raise Http404
        _state, words, what, needs_reason = MOVES[move]
        form = (ReasonForm if needs_reason else forms.Form)(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            reason = {"reason": form.cleaned_data["reason"]} if needs_reason else {}
            try:
                moved = getattr(quarantines, move)(row, by=request.user, now=timezone.now(), **reason)
            except ValidationError as refusal:
                form.add_error(None, refusal)
            else:
                self.message_user(
                    request, _("Quarantine %(n)s: %(state)s.") % {"n": pk, "state": moved.get_state_display()}
                )
                if move in COUNTING_MOVES and recount_requests.is_open(row.edition):
                    self.message_user(request, _("The votes are being counted again. This page says when it is done."))
                return redirect("admin:prizes_quarantine_change", pk)
        context = {"title": words, "sentence": what, "form": form, "button": words, "quarantine": row}
        context |= {"back": reverse("admin:prizes_quarantine_change", args=[pk]), "opts": self.opts}
        return TemplateResponse(
            request, "admin/prizes/fair_play/decide.html", {**self.admin_site.each_context(request), **context}
        )
