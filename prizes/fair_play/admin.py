"""The organisers' pages of fair play: ballots, of which nobody sees the choices, and quarantines, on which two people decide."""

from functools import partial

from django.contrib import admin, messages
from django.db.models import Count, Exists, OuterRef
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Approval, Viewing
from events.shared.admin.admin_bases import ReadOnlyMixin, SiteAdmin, section
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.rights.two_people import approvals, approvals_admin, presence
from events.shared.rights.two_people.approvals_admin import DETAILS, Details
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

    list_display = ["number", "account", "state", "country", "stakeholder_type", "began", "edition"]
    list_filter = [StateFilter, "stakeholder_type"]
    list_select_related = ["edition", "country", "user"]
    search_fields = ["user__email"]
    guarded = dict.fromkeys(["account", "user__email"], INSPECT)
    fieldsets = [
        section(
            ["number", "account", "edition", "state", "country", "stakeholder_type", "began"],
            gettext_lazy("Ballots are filled by their voters only. Nobody sees here what they chose."),
        )
    ]
    actions = ["propose_quarantine"]
    export_right = "prizes.export_ballot"
    rights = {"decide": DECIDE_QUARANTINE}

    def person_path(self, request):
        return "user" if self.holds_wherever_seen(request, INSPECT) else ""

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


def _details(_request, approval):
    row = Quarantine.objects.select_related("edition").get(pk=approval.subject)
    return {
        "quarantine": row,
        "lifts": approval.kind == quarantines.LIFT.name,
        "recount": recount_requests.latest(row.edition) if approval.decided else None,
    }


for kind in (quarantines.SET_ASIDE, quarantines.LIFT):
    DETAILS[kind.name] = Details("admin/prizes/fair_play/quarantine_details.html", _details)


@admin.register(Quarantine)
class QuarantineAdmin(ReadOnlyMixin, SiteAdmin):
    change_form_template = "admin/prizes/fair_play/quarantine.html"
    list_display = ["number", "kind", "in_force", "size", "edition"]
    list_filter = ["kind"]
    list_select_related = ["edition"]
    search_fields = ["edition__name"]
    annotations = {
        "entry_count": Count("entries"),
        "is_held": Exists(Quarantine.objects.in_force().filter(pk=OuterRef("pk"))),
    }
    own_pages = [
        OwnPage("<int:pk>/lift/", "lift", "prizes_quarantine_lift", DECIDE_QUARANTINE, Quarantine),
    ]
    fieldsets = [
        section(
            ["edition", "kind", "in_force"],
            about=gettext_lazy("Ballots that do not count. Nothing of them is deleted. It takes two people."),
        ),
    ]
    readonly_fields = ["in_force"]

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, quarantine):
        return quarantine.pk

    @admin.display(description=gettext_lazy("in force"), boolean=True)
    def in_force(self, quarantine):
        return quarantine.is_held

    @admin.display(description=gettext_lazy("ballots"), ordering="entry_count")
    def size(self, quarantine):
        return quarantine.entry_count

    def beside(self, request, row):
        """What was proposed about it, where its lifting is proposed, and the ballots with their accounts, for those who may
        read the integrity report."""
        kinds = [quarantines.SET_ASIDE.name, quarantines.LIFT.name]
        found = Approval.objects.filter(kind__in=kinds, subject=row.pk)
        may_lift = row.is_held and not row.edition.closed and request.user.has_perm(DECIDE_QUARANTINE, row)
        ballots = Ballot.objects.filter(pk__in=row.entries.values("ballot_id")).select_related("user", "country")
        page = page_of(request, ballots.order_by("pk")) if request.user.has_perm(INSPECT, row) else None
        if page is not None:
            self.saw_people(request, Viewing.Kind.LIST, [ballot.user_id for ballot in page], model=Ballot)
        return {
            "quarantine": row,
            "approvals": [(approvals_admin.page_of(one), approvals.kind_of(one).words, one) for one in found],
            "may_lift": may_lift and approvals.waiting(quarantines.LIFT, row) is None,
            "page": page,
        }

    def lift(self, request, pk):
        """Propose to count the ballots again."""
        row = get_object_or_404(Quarantine.objects.select_related("edition"), pk=pk)
        return self.form_page(
            request,
            DECIDE,
            form=ReasonForm(request.POST if request.method == "POST" else None),
            verb=partial(quarantines.propose_lifting, row, authenticated=presence.authenticated(request)),
            done=_("Proposed. A second person has to agree."),
            to=approvals_admin.page_of,
            title=_("Propose to count them again"),
            button=_("Propose to count them again"),
            sentence=_("The ballots stay set aside until a second person agrees."),
            back=reverse("admin:prizes_quarantine_change", args=[pk]),
            back_name=row,
        )
