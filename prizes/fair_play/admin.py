"""The organisers' pages of fair play: ballots, of which nobody sees the choices, and quarantines, decided by two."""

from functools import partial

from django import forms
from django.contrib import admin, messages
from django.db.models import Count
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Viewing
from events.staff.admin_bases import ReadOnlyMixin, SiteAdmin, section
from events.staff.admin_page_bases import OwnPage
from events.staff.two_people import presence
from prizes.count import recount_requests
from prizes.editions.reason_form import ReasonForm
from prizes.fair_play import quarantines
from prizes.fair_play.admin_pages import (
    DECIDE,
    INSPECT,
    ProposalForm,
    numbers_of,
    page_of,
    proposal_page,
)
from prizes.models import Ballot, Quarantine

DECIDE_QUARANTINE = "prizes.decide_quarantine"


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return Ballot.State.choices

    def queryset(self, request, queryset):
        return queryset.in_state(self.value()) if self.value() in Ballot.State.values else queryset


@admin.register(Ballot)
class BallotAdmin(ReadOnlyMixin, SiteAdmin):
    """What a ballot's state is. Whose it is, only those see who may read the integrity report; what is on it, nobody."""

    list_filter = [StateFilter, "stakeholder_type"]
    list_select_related = ["edition", "country", "user"]
    actions = ["propose_quarantine"]
    export_right = "prizes.export_ballot"
    rights = {"decide": DECIDE_QUARANTINE}

    def person_path(self, request):
        return "user" if self._account(request) else ""

    def _account(self, request, ballot=None):
        """Of many at once for those who may read the report of all the forums whose ballots they see."""
        may = request.user.has_perm(INSPECT, ballot) if ballot else self.holds_wherever_seen(request, INSPECT)
        return ["account"] if may else []

    def get_list_display(self, request):
        return ["number", *self._account(request), "state", "country", "stakeholder_type", "began", "edition"]

    def get_search_fields(self, request):
        return ["user__email"] if self._account(request) else []

    def get_fieldsets(self, request, obj=None):
        shown = ["number", *self._account(request, obj), "edition", "state", "country", "stakeholder_type", "began"]
        return [section(shown, about=_("Ballots are filled by their voters only. Nobody sees here what they chose."))]

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, ballot):
        return str(ballot.pk)

    @admin.display(description=gettext_lazy("account"), ordering="user__email")
    def account(self, ballot):
        return ballot.user.email

    @admin.display(description=gettext_lazy("state"))
    def state(self, ballot):
        return ballot.state.label

    def has_decide_permission(self, request):
        return request.user.has_perm(DECIDE_QUARANTINE)

    @admin.action(description=gettext_lazy("Propose to set them aside"), permissions=["decide"])
    def propose_quarantine(self, request, queryset):
        if queryset.order_by().values("edition").distinct().count() != 1:
            return self.message_user(request, _("Choose ballots of one edition."), messages.WARNING)
        form = ProposalForm(initial={"ballots": numbers_of(queryset.order_by("pk"))})
        return self.admin_page(request, DECIDE, form=form, **proposal_page(queryset.first().edition))


# The pages of the moves: verb → words of the button, what it does, whether a reason is asked for.
MOVES = {
    "agree": (
        gettext_lazy("Agree: set the ballots aside"),
        gettext_lazy(
            "The ballots do not count from now on. Where the votes are counted already, they are counted again."
        ),
        False,
    ),
    "drop": (gettext_lazy("Drop the proposal"), gettext_lazy("The ballots go on counting."), True),
    "propose_lifting": (
        gettext_lazy("Propose to count them again"),
        gettext_lazy("The ballots stay set aside until a second organiser agrees."),
        True,
    ),
    "lift": (
        gettext_lazy("Agree: count the ballots again"),
        gettext_lazy(
            "The ballots count, but for those that another quarantine holds. Counted votes are counted again."
        ),
        False,
    ),
    "keep": (
        gettext_lazy("Keep them set aside"),
        gettext_lazy("The proposal to count the ballots again is turned down."),
        True,
    ),
}


@admin.register(Quarantine)
class QuarantineAdmin(ReadOnlyMixin, SiteAdmin):
    change_form_template = "admin/prizes/fair_play/quarantine.html"
    list_display = ["number", "kind", "state", "size", "proposed_by", "proposed", "decided_by", "edition"]
    list_filter = ["state", "kind"]
    list_select_related = ["edition", "proposed_by", "decided_by"]
    annotations = {"entry_count": Count("entries")}
    search_fields = ["reason", "lift_reason"]
    own_pages = [
        OwnPage("<int:pk>/move/<slug:move>/", "move_view", "prizes_quarantine_move", DECIDE_QUARANTINE, Quarantine)
    ]
    fieldsets = [
        section(
            ["edition", "state", "kind", "reason", "proposed_by", "proposed", "decided_by", "decided"],
            about=gettext_lazy("Ballots that do not count. Nothing of them is deleted. Times in UTC."),
        ),
        section(
            ["lift_reason", "lift_proposed_by", "lift_proposed", "lifted_by", "lifted"],
            title=gettext_lazy("Lifting"),
            about=gettext_lazy("Ballots count again when a second organiser agrees to it."),
        ),
    ]

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, quarantine):
        return quarantine.pk

    @admin.display(description=gettext_lazy("ballots"), ordering="entry_count")
    def size(self, quarantine):
        return quarantine.entry_count

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.get_object(request, object_id)
        extra = self._beside(request, row) if row and self.has_view_permission(request, row) else {}
        return super().change_view(request, object_id, form_url, {**extra, **(extra_context or {})})

    def _beside(self, request, row):
        """Beside what is written down: the moves that this person may make, the new count, where this quarantine may
        have asked for it, and the ballots with their accounts, for those who may read the integrity report."""
        may_decide = request.user.has_perm(DECIDE_QUARANTINE, row)
        verbs = quarantines.moves(row, by=request.user) if may_decide else []
        ballots = Ballot.objects.filter(pk__in=row.entries.values("ballot_id")).select_related("user", "country")
        page = page_of(request, ballots.order_by("pk")) if request.user.has_perm(INSPECT, row) else None
        if page is not None:
            self.saw_people(request, Viewing.Kind.LIST, [ballot.user_id for ballot in page], model=Ballot)
        return {
            "quarantine": row,
            "moves": [(reverse("admin:prizes_quarantine_move", args=[row.pk, verb]), MOVES[verb][0]) for verb in verbs],
            "page": page,
            "recount": recount_requests.latest(row.edition) if row.decided else None,
        }

    def move_view(self, request, pk, move):
        """Ask for the reason, where one is needed, and make the move."""
        row = get_object_or_404(Quarantine.objects.select_related("edition"), pk=pk)
        if move not in MOVES:
            raise Http404
        words, sentence, needs_reason = MOVES[move]
        change = reverse("admin:prizes_quarantine_change", args=[pk])
        return self.form_page(
            request,
            DECIDE,
            form=(ReasonForm if needs_reason else forms.Form)(request.POST if request.method == "POST" else None),
            verb=partial(getattr(quarantines, move), row, authenticated=presence.authenticated(request)),
            done=self._moved,
            to=change,
            title=words,
            sentence=sentence,
            button=words,
            back=change,
            back_name=row,
        )

    @staticmethod
    def _moved(row):
        said = [_("Quarantine %(n)s: %(state)s.") % {"n": row.pk, "state": row.get_state_display()}]
        if recount_requests.is_open(row.edition):
            said.append(_("The votes are being counted again. This page says when it is done."))
        return " ".join(said)
