"""Where what takes two people is proposed for an edition: another end of the running vote, and its close. It is decided on the page of
the approval (events.shared.rights.two_people.approvals_admin)."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Approval
from events.models.time_zones import to_moment
from events.shared.admin.admin_page_bases import AdminPages, OwnPage
from events.shared.admin.local_times import WallClockField
from events.shared.drafts import fields
from events.shared.rights.two_people import approvals, presence
from events.shared.rights.two_people.approvals_admin import DETAILS, Details, page_of
from prizes.editions import end_of_vote
from prizes.editions.reason_form import ReasonForm
from prizes.fair_play import close_edition
from prizes.models import Edition, Phase

END_FIELDS = {"same-end": "ends", "too-soon": "ends", "phase-order": "ends", "reason-missing": "reason"}


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


def _about(edition: Edition) -> dict[str, Any]:
    """What the pages about the end of an edition show of it."""
    return {
        "edition": edition,
        "voting": edition.phase(Phase.Kind.VOTING),
        "is_vote_open": edition.is_in(Phase.Kind.VOTING, now=timezone.now()),
    }


def _details(_request: HttpRequest, approval: Approval) -> dict[str, Any]:
    edition = Edition.objects.select_related("forum").get(pk=approval.subject)
    return {**_about(edition), "new_end": approval.moment("ends")}


DETAILS[end_of_vote.MOVE_END.name] = Details("admin/prizes/fair_play/end_details.html", _details)
DETAILS[close_edition.CLOSE.name] = Details("admin/prizes/fair_play/close_details.html", _details)


class SetAsidePages(AdminPages):
    """Mixed into the admin of editions."""

    own_pages = (
        OwnPage("<int:pk>/close/", "close_view", "prizes_edition_close", "prizes.close_edition", Edition),
        OwnPage("<int:pk>/end/", "end_view", "prizes_edition_end", "prizes.move_end_edition", Edition),
    )

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Propose to close an edition for good, with a reason."""
        edition = get_object_or_404(Edition.objects.select_related("forum"), pk=pk)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        words = {"title": _("Close the edition"), "button": _("Propose to close it")}
        return self._proposal(request, edition, close_edition.CLOSE, close_edition.propose, form=form, **words)

    def end_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Propose another end of the running vote, with a reason."""
        edition = get_object_or_404(Edition.objects.select_related("forum"), pk=pk)
        form = EndForm(edition, request.POST if request.method == "POST" else None)
        words = {"title": _("Move the end of the vote"), "button": _("Propose this end")}
        return self._proposal(request, edition, end_of_vote.MOVE_END, end_of_vote.propose, form=form, **words)

    def _proposal(
        self,
        request: HttpRequest,
        edition: Edition,
        kind: approvals.ApprovalKind,
        verb: Callable[..., Approval],
        *,
        form: forms.Form,
        **words: Any,
    ) -> HttpResponse:
        waiting, about = approvals.waiting(kind, edition), _about(edition)
        return self.form_page(
            request,
            "admin/prizes/fair_play/propose.html",
            form=form,
            verb=partial(verb, edition, authenticated=presence.authenticated(request)),
            done=_("Proposed. A second person has to agree."),
            to=page_of,
            fields=END_FIELDS,
            details=DETAILS[kind.name].template,
            waits_at=page_of(waiting) if waiting else "",
            back=reverse("admin:prizes_edition_change", args=[edition.pk]),
            **about,
            can_propose=about["is_vote_open"] if kind is end_of_vote.MOVE_END else not edition.closed,
            **words,
        )
