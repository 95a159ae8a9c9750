"""Proposing: the public page of the call, my proposals, a form in steps that keeps itself, the page of each one, its
co-editors (whom the proposer asks, and the link by which they join), taking it back."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import HostedSession, Proposal, User
from events.models.proposals import ProposalKind
from events.proposals import states, statistics, submission
from events.proposals.collaborators import collaborators
from events.proposals.form.questions import ProposalDraft
from events.shared.drafts import fields
from events.shared.drafts.drafts import CHECK
from events.shared.drafts.views import DraftPages, withdraw_page
from events.shared.formatting.numbers import whole_number
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.pages.find_forum import find_forum
from events.shared.pages.personal import Button, arrival, asked_page, person, personal, post_only, press, private
from events.shared.pages.public import public_page
from events.shared.pages.refusals import is_taken

BADGES = {"accepted": "ok", "changes": "moved", "declined": "cancelled", "withdrawn": "cancelled"}


@public_page
def call(request: HttpRequest, forum: str) -> HttpResponse:
    """The call: its dates, its kinds of request, and after it the figures."""
    found, now = find_forum(forum), timezone.now()
    row = states.call_of(found)
    if row is None:
        raise Http404
    context: dict[str, Any] = {
        "forum": found,
        "call": row,
        "kinds": [ProposalKind(kind).label for kind in row.kinds],
        "state": row.phase(now),
    }
    if now >= row.closes:
        figures = statistics.public_figures(found)
        tables = [(_("By stakeholder type"), figures.by_type), (_("By region"), figures.by_region)]
        context |= {"total": figures.total, "tables": tables}
    return render(request, "events/proposals/call.html", context)


@personal
def mine(request: HttpRequest, forum: str) -> HttpResponse:
    """A person's proposals with their states, the sessions they look after, and how to begin one."""
    found, now = find_forum(forum), arrival(request)
    row = states.call_of(found)
    proposals = Proposal.objects.of(person(request)).filter(forum=found)
    entries = [
        {
            "row": one,
            "url": address("proposal", one),
            "badge": BADGES.get(one.state, ""),
            "word": one.get_state_display(),
            "is_editable": states.is_editable(one, call=row, now=now),
            "is_draft": one.state == Proposal.State.DRAFT,
        }
        for one in proposals.select_related("forum")
    ]
    hosted = HostedSession.objects.filter(user=person(request), session__forum=found).select_related("session")
    context = {
        "forum": found,
        "call": row,
        "state": row.phase(now) if row else "",
        "opens": row and row.opens,
        "closes": row and row.closes,
        "zone": found.zone,
        "entries": entries,
        "hosted": hosted.order_by("session__starts", "pk"),
        "is_confirmed": person(request).has_confirmed_address(),
    }
    return render(request, "events/proposals/mine.html", context)


@personal
@post_only("events:proposals-mine")
def new(request: HttpRequest, forum: str) -> HttpResponse:
    """Begin a draft and open its first step."""
    found = find_forum(forum)
    try:
        proposal = submission.begin(found, by=person(request), now=arrival(request))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(reverse("events:proposals-mine", args=[found.slug]))
    return HttpResponseRedirect(address("proposal-step", proposal, "who"))


def find(request: HttpRequest, *, forum: str, code: str) -> Proposal:
    """The person's own proposal of this code; others look as if there was none (404)."""
    found = find_forum(forum)
    rows = Proposal.objects.of(person(request)).filter(forum=found, code=code)
    row = rows.select_related("proposer", "country", "session_type", "session", "merged_into").first()
    if row is None:
        raise Http404
    row.forum = found
    return row


def draft_of(proposal: Proposal) -> ProposalDraft:
    call = states.call_of(proposal.forum)
    if call is None:
        raise Http404
    return ProposalDraft(proposal, call=call)


def address(name: str, proposal: Proposal, *parts: str) -> str:
    return reverse(f"events:{name}", args=[proposal.forum.slug, proposal.code, *parts])


class ProposalDraftPages(DraftPages[ProposalDraft]):
    step_template = "events/proposals/step.html"
    check_template = "events/proposals/check.html"

    def find(self, request: HttpRequest, **where: str) -> ProposalDraft:
        return draft_of(find(request, **where))

    def is_editable(self, draft: ProposalDraft, *, at: datetime) -> bool:
        return states.is_editable(draft.row, call=states.call_of(draft.row.forum), now=at)

    def keep(
        self, request: HttpRequest, draft: ProposalDraft, *, step: str, kept: Mapping[str, Any], seen: str
    ) -> ProposalDraft:
        row = submission.save(draft.row, by=person(request), step=step, data=kept, seen=seen, now=arrival(request))
        row.forum = draft.row.forum
        return draft_of(row)

    def submit(self, request: HttpRequest, draft: ProposalDraft) -> HttpResponse:
        revision = whole_number(request.POST.get("revision", ""))
        submission.submit(draft.row, by=person(request), revision_seen=revision, now=arrival(request))
        messages.success(request, _("Your proposal is submitted."))
        return HttpResponseRedirect(self.url(draft))

    def url(self, draft: ProposalDraft, step: str = "") -> str:
        return address("proposal-step", draft.row, step) if step else address("proposal", draft.row)

    def save_url(self, draft: ProposalDraft) -> str:
        return address("proposal-save", draft.row)

    def context(self, draft: ProposalDraft) -> dict[str, Any]:
        call = states.call_of(draft.row.forum)
        return {
            "forum": draft.row.forum,
            "kind_name": _("Make a proposal"),
            "title": draft.row.title,
            "saved": draft.row.updated if draft.row.revision else None,
            "closes": call.closes if call and draft.row.state == Proposal.State.DRAFT else None,
            "closes_label": _("The call closes on:"),
        }

    def check_context(self, request: HttpRequest, draft: ProposalDraft, refused: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "must_confirm": not person(request).has_confirmed_address(),
            "not_submitted": _("The proposal is not submitted"),
            "submit_label": _("Submit the proposal"),
        }


pages = ProposalDraftPages()


# --- the page of a proposal, and its co-editors ---------------------------------------------------------
class EditorForm(forms.Form):
    use_required_attribute = False
    email = fields.email(
        gettext_lazy("E-mail of the person"),
        hint=gettext_lazy("They log in, or make an account, with this address"),
        is_needed=True,
    )


# The buttons beside a row.
ROW_VERBS: dict[str, Button] = {
    "remove": (collaborators.remove, "user", gettext_lazy("Removed.")),
    "take-back": (collaborators.take_back, "invitation", gettext_lazy("The invitation is taken back.")),
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
        if not is_taken(form, collaborators.invite, proposal, by=user, now=arrival(request)):
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
    """Where somebody joins those who edit a proposal. The page is the same for every address and account, but for who edits
    the proposal already."""
    asked = collaborators.find(token)
    if asked is None:
        raise Http404
    proposal = asked.proposal
    proposal.forum = find_forum(proposal.forum.slug)
    if request.user.is_authenticated and proposal.is_edited_by(person(request)):
        return HttpResponseRedirect(address("proposal", proposal))
    context = {
        "forum": proposal.forum,
        "proposal": proposal,
        "holds": collaborators.holds(asked, now=arrival(request)),
        "has_declined": asked.state == asked.State.DECLINED,
    }
    return asked_page(
        request,
        "events/proposals/editing.html",
        context,
        yes=partial(collaborators.join, token),
        no=partial(collaborators.decline, token),
        to=address("proposal", proposal),
        done=_("You edit this proposal from now on."),
    )


@personal
def withdraw(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """GET asks, POST takes the proposal back."""
    proposal = find(request, forum=forum, code=code)
    return withdraw_page(
        request,
        "events/proposals/withdraw.html",
        verb=partial(submission.withdraw, proposal),
        done=_("Your proposal is withdrawn."),
        to=reverse("events:proposals-mine", args=[proposal.forum.slug]),
        forum=proposal.forum,
        proposal=proposal,
    )
