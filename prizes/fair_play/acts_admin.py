"""The pages of what takes two: moving the end of a running vote, closing an edition, and the waivers of supervisors."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.drafts import fields
from events.models import Membership, Role, User
from events.models.time_zones import to_moment
from events.staff import memberships
from events.staff.admin_bases import ReadOnlyMixin, SiteAdmin, section
from events.staff.admin_page_bases import AdminPages, OwnPage
from events.staff.local_times import WallClockField
from events.staff.two_people import presence
from prizes.editions import by_two, end_of_vote
from prizes.editions.reason_form import ReasonForm
from prizes.fair_play import close_edition
from prizes.models import ActByTwo, Edition, Phase, Waiver

Kind = ActByTwo.Kind
WAIVE = "prizes.add_waiver"
END_FIELDS = {"same-end": "ends", "too-soon": "ends", "phase-order": "ends", "reason-missing": "reason"}
PROPOSE: dict[Kind, Callable[..., ActByTwo]] = {
    Kind.MOVE_END: end_of_vote.propose,
    Kind.CLOSE: close_edition.propose,
}
# What agreeing does: the verb, the words of the button.
AGREE: dict[Kind, tuple[Callable[..., object], Any]] = {
    Kind.MOVE_END: (end_of_vote.move, gettext_lazy("Agree: move the end of the vote")),
    Kind.CLOSE: (close_edition.close, gettext_lazy("Agree: close for good")),
}
DROP = gettext_lazy("Drop the proposal")
TEMPLATES = {Kind.MOVE_END: "admin/prizes/fair_play/end.html", Kind.CLOSE: "admin/prizes/fair_play/close.html"}


class EndForm(forms.Form):
    """A new end of the vote, on the clock of the edition's zone, and why, for the public."""

    ends = WallClockField(label=gettext_lazy("New end of the vote"))
    reason = fields.reason(
        gettext_lazy("It stands on the pages of the prize and in the mail to those who have begun a ballot."),
        label=gettext_lazy("Reason, as the public reads it"),
    )

    def __init__(self, edition: Edition, data: Any = None) -> None:
        super().__init__(data)
        self.edition = edition
        self.fields["ends"].help_text = _("On the clock of %(zone)s, at least 24 hours from now.") % {
            "zone": edition.time_zone
        }

    def clean_ends(self) -> datetime:
        return to_moment(self.cleaned_data["ends"], zone=self.edition.zone)


def act_page(act: ActByTwo) -> str:
    """The address of an act's page."""
    return reverse("admin:prizes_actbytwo_change", args=[act.pk])


class ActPages(AdminPages):
    """Mixed into the admin of editions: where an act by two is proposed."""

    own_pages = (
        OwnPage("<int:pk>/close/", "close_view", "prizes_edition_close", "prizes.close_edition", Edition),
        OwnPage("<int:pk>/end/", "end_view", "prizes_edition_end", "prizes.move_end_edition", Edition),
    )

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Propose to close an edition for good, with a reason."""
        edition = get_object_or_404(Edition.objects.select_related("forum"), pk=pk)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        return self._proposal(
            request, edition, kind=Kind.CLOSE, form=form, title=_("Close the edition"), button=_("Propose to close it")
        )

    def end_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Propose another end of the running vote, with a reason."""
        edition = get_object_or_404(Edition.objects.select_related("forum"), pk=pk)
        form = EndForm(edition, request.POST if request.method == "POST" else None)
        title, button = _("Move the end of the vote"), _("Propose this end")
        return self._proposal(request, edition, kind=Kind.MOVE_END, form=form, title=title, button=button)

    def _proposal(
        self, request: HttpRequest, edition: Edition, *, kind: Kind, form: forms.Form, **context: Any
    ) -> HttpResponse:
        act = by_two.waiting(edition, kind=kind)
        return self.form_page(
            request,
            TEMPLATES[kind],
            form=form,
            verb=partial(PROPOSE[kind], edition, authenticated=presence.authenticated(request)),
            done=_("Proposed. A second organiser has to agree."),
            to=act_page,
            fields=END_FIELDS,
            edition=edition,
            voting=edition.phase(Phase.Kind.VOTING),
            is_vote_open=edition.is_in(Phase.Kind.VOTING, now=timezone.now()),
            act=act,
            act_url=act_page(act) if act else "",
            back=reverse("admin:prizes_edition_change", args=[edition.pk]),
            **context,
        )


@admin.register(ActByTwo)
class ActByTwoAdmin(ReadOnlyMixin, SiteAdmin):
    """What was proposed, and where a second person agrees to it or drops it."""

    change_form_template = "admin/prizes/fair_play/act.html"
    list_display = ["kind", "edition", "state", "new_end", "proposed_by", "proposed", "decided_by", "decided"]
    list_filter = ["kind", "state"]
    list_select_related = ["edition", "proposed_by", "decided_by"]
    search_fields = ["edition__name", "reason"]
    own_pages = [
        OwnPage("<int:pk>/move/<slug:move>/", "move_view", "prizes_actbytwo_move", "prizes.view_actbytwo", ActByTwo)
    ]

    def get_fieldsets(self, request, obj=None):
        ends = ["old_end", "new_end"] if obj and obj.kind == Kind.MOVE_END else []
        fields = ["edition", "kind", "state", *ends, "reason", "proposed_by", "proposed", "decided_by", "decided"]
        about = _("One organiser proposes, another agrees, and it is done. Times on this page are in UTC.")
        return [section(fields, about)]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        act = self.get_object(request, object_id)
        moves = self._moves(request, act) if act else []
        return super().change_view(request, object_id, form_url, {"moves": moves, **(extra_context or {})})

    @staticmethod
    def _moves(request, act):
        """What this person may do with the act: addresses and words."""
        may_decide = request.user.has_perm(ActByTwo.PERMISSIONS[act.kind], act)
        names = by_two.moves(act, by=request.user) if may_decide else []
        return [(reverse("admin:prizes_actbytwo_move", args=[act.pk, name]), _words(act, name)) for name in names]

    def move_view(self, request, pk, move):
        """Agree, or say why it is dropped."""
        act = get_object_or_404(ActByTwo.objects.select_related("edition__forum", "proposed_by"), pk=pk)
        if not request.user.has_perm(ActByTwo.PERMISSIONS[act.kind], act):
            raise PermissionDenied
        if move not in ("agree", "drop"):
            raise Http404
        sent = request.POST if request.method == "POST" else None
        agrees = move == "agree"
        verb: Callable[..., object] = AGREE[Kind(act.kind)][0] if agrees else by_two.drop
        return self.form_page(
            request,
            TEMPLATES[Kind(act.kind)] if agrees else "admin/form_page.html",
            form=(forms.Form if agrees else ReasonForm)(sent),
            verb=partial(verb, act, authenticated=presence.authenticated(request)),
            done=_("Done.") if agrees else _("The proposal is dropped."),
            to=act_page(act),
            title=_words(act, move),
            button=_words(act, move),
            sentence=_("Nothing changes. The reason stays in the log of the prize."),
            edition=act.edition,
            voting=act.edition.phase(Phase.Kind.VOTING),
            is_vote_open=act.edition.is_in(Phase.Kind.VOTING, now=timezone.now()),
            act=act,
            back=act_page(act),
            back_name=act,
        )


def _words(act, move):
    return AGREE[Kind(act.kind)][1] if move == "agree" else DROP


class WaiverForm(ReasonForm):
    field_order = ["edition", "first", "second", "reason"]
    edition = forms.ModelChoiceField(Edition.objects.none(), label=gettext_lazy("Edition"))
    first = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("One person"))
    second = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Other person"))

    def __init__(self, supervisor: User, data: Any = None) -> None:
        super().__init__(data)
        forums = memberships.forums(supervisor, WAIVE)
        held = Membership.objects.filter(Q(forum=None) | Q(forum__in=forums), role=Role.PRIZE_OFFICER)
        officers = User.objects.filter(pk__in=held.values("account"), is_active=True).order_by("name", "pk")
        editions = Edition.objects.filter(forum__in=forums)
        for name, rows in (("edition", editions), ("first", officers), ("second", officers)):
            self.fields[name].queryset = rows  # type: ignore[attr-defined]  # choices of a model
        self.fields["reason"].label = _("Reason, as the public reads it")
        self.fields["reason"].help_text = _("It is published with the result. Name nobody in it.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("first") and data.get("first") == data.get("second"):
            self.add_error("second", ValidationError(_("Choose two different people"), code="same-person"))
        return data


@admin.register(Waiver)
class WaiverAdmin(ReadOnlyMixin, SiteAdmin):
    change_list_template = "admin/prizes/fair_play/waivers.html"
    list_display = ["first", "second", "edition", "given_by", "given"]
    list_select_related = ["edition", "first", "second", "given_by"]
    search_fields = ["edition__name", "reason"]
    own_pages = [OwnPage("give/", "give_view", "prizes_waiver_give", WAIVE)]
    fieldsets = [
        section(
            ["edition", "first", "second", "reason", "given_by", "given"],
            about=gettext_lazy(
                "Two people who count as two although one of them made the other’s account, set its password or gave its "
                "right. The reason is published with the result."
            ),
        )
    ]

    def give_view(self, request, *args):
        """A supervisor lets two people count as two."""

        def give(*, edition, **values):
            return by_two.waive(edition, authenticated=presence.authenticated(request), **values)

        waivers = reverse("admin:prizes_waiver_changelist")
        return self.form_page(
            request,
            "admin/form_page.html",
            form=WaiverForm(request.user, request.POST if request.method == "POST" else None),
            verb=give,
            done=_("These two count as two people in this edition from now on."),
            to=waivers,
            fields={"same-person": "second", "not-tied": "second"},
            title=_("Let two people count as two"),
            sentence=_(
                "What takes two people needs two who are independent: in the last 30 days neither made the other’s account, "
                "set its password or gave its right. Where a team is too small for that, a supervisor who is neither of the "
                "two can allow it. It holds for what happened until now."
            ),
            button=_("Allow it"),
            back=waivers,
        )
