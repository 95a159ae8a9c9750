"""The page of one proposal, and its co-editors: whom the proposer asks, and the link by which they join."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.drafts import fields
from events.drafts.drafts import CHECK
from events.history import log as history
from events.history.verbs import Verb
from events.models import HostedSession, Proposal, User
from events.pages.find_forum import find_forum
from events.pages.personal import Button, arrival, person, personal, press, private
from events.pages.refusals import is_taken
from events.proposals import states
from events.proposals.collaborators import collaborators as rules
from events.proposals.form.views import BADGES, address, draft_of, find, pages


class EditorForm(forms.Form):
    use_required_attribute = False
    email = fields.email(
        gettext_lazy("E-mail of the person"),
        hint=gettext_lazy("They log in, or make an account, with this address"),
        is_needed=True,
    )


# The buttons beside a row.
ROW_VERBS: dict[str, Button] = {
    "remove": (rules.remove, "user", gettext_lazy("Removed.")),
    "take-back": (rules.take_back, "invitation", gettext_lazy("The invitation is taken back.")),
}


@personal
def state(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """The page of one proposal: its state, what comes next, what it says, who edits it."""
    return _page(request, find(request, forum=forum, code=code), form=EditorForm())


def _page(request: HttpRequest, proposal: Proposal, *, form: EditorForm) -> HttpResponse:
    draft = draft_of(proposal)
    is_open = pages.is_editable(draft, at=arrival(request))
    wrong = draft.problems() if is_open else {}
    context = {
        "forum": proposal.forum,
        "proposal": proposal,
        "badge": BADGES.get(proposal.state, ""),
        "is_editable": is_open,
        "resume": next(map(draft.step_of, wrong), CHECK),
        "is_withdrawable": Proposal.State.WITHDRAWN in Proposal.TRANSITIONS[proposal.state],
        "parts": [(part, pages.url(draft, part.key) if is_open else "") for part in draft.summary()],
        "words": history.of(proposal).filter(verb=Verb.ASK_CHANGES).first() if proposal.state == "changes" else None,
        "is_host": proposal.state != Proposal.State.WITHDRAWN
        and proposal.session_id
        and HostedSession.objects.filter(session=proposal.session_id, user=person(request)).exists(),
        "form": form,
        **_people(request, proposal),
    }
    return render(request, "events/proposals/state.html", context)


def _people(request: HttpRequest, proposal: Proposal) -> dict[str, Any]:
    """Who edits a proposal; addresses are for the proposer, who entered them."""
    is_proposer = proposal.proposer_id == person(request).pk
    people: list[User] = list(proposal.editors.order_by("name", "pk"))
    found: dict[str, Any] = {"is_proposer": is_proposer, "people": people, "asked": []}
    if is_proposer:
        invitations = proposal.collaborator_invitations
        addresses = dict(invitations.filter(state="joined").values_list("user", "email"))
        for one in people:
            one.asked_at = addresses.get(one.pk, "")  # type: ignore[attr-defined]
        found["asked"] = invitations.open_at(arrival(request))
        found["can_invite"] = proposal.state not in states.OVER
    return found


@personal
def editors(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """POST `part`: invite (with `email`), or one of ROW_VERBS with `row`."""
    proposal, user = find(request, forum=forum, code=code), person(request)
    part = request.POST.get("part", "")
    if part == "invite":
        form = EditorForm(request.POST)
        if not is_taken(form, rules.invite, proposal, by=user, now=arrival(request)):
            return _page(request, proposal, form=form)
        messages.success(request, _("We ask the person by mail."))
    elif part in ROW_VERBS:
        press(request, proposal, button=ROW_VERBS[part])
        if not proposal.is_edited_by(user):
            return HttpResponseRedirect(reverse("events:proposals-mine", args=[proposal.forum.slug]))
    return HttpResponseRedirect(address("proposal", proposal))


# --- the link in the mail -----------------------------------------------------------------------------
@private
def editing(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the link reads what they are asked, and says no by POST (`answer`: no); who is logged in joins by POST.
    A GET changes nothing.

    The page is the same for every address and account, but for who edits the proposal already.
    """
    asked = rules.find(token)
    if asked is None:
        raise Http404
    proposal = asked.proposal
    proposal.forum = find_forum(proposal.forum.slug)
    if request.user.is_authenticated and proposal.is_edited_by(person(request)):
        return HttpResponseRedirect(address("proposal", proposal))
    reasons: list[str] = []
    if request.method == "POST":
        try:
            if request.POST.get("answer") == "no":
                rules.decline(token, now=arrival(request))
                return HttpResponseRedirect(request.path)
            if not request.user.is_authenticated:
                return redirect_to_login(request.path)
            rules.join(token, by=person(request), now=arrival(request))
        except ValidationError as refusal:
            reasons = refusal.messages
        else:
            messages.success(request, _("You edit this proposal from now on."))
            return HttpResponseRedirect(address("proposal", proposal))
    context = {
        "forum": proposal.forum,
        "proposal": proposal,
        "holds": rules.holds(asked, now=arrival(request)),
        "has_declined": asked.state == asked.State.DECLINED,
        "reasons": reasons,
        "page": request.path,
    }
    return render(request, "events/proposals/editing.html", context)
