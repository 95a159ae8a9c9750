"""The verbs of a proposal: a page for each, with what is said to the person, and actions for many at once."""

from collections.abc import Callable, Set
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.models import Proposal
from events.proposals import decisions, merging, submission
from events.proposals.states import SCORED
from events.shared.admin.admin_page_bases import AdminPages, OwnPage

State = Proposal.State


class VerbForm(forms.Form):
    """What a verb asks for, of a proposal; for many at once of none."""

    def __init__(self, data=None, *, proposal=None, user=None):
        super().__init__(data)
        self.proposal, self.user = proposal, user


def said(*, label=None, is_needed=False, help_text=None):
    """A field for what is said."""
    return forms.CharField(
        label=label or gettext_lazy("Words to the person"),
        required=is_needed,
        max_length=decisions.MOST_SAID,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
        help_text=help_text or gettext_lazy("The person reads it in the mail, which waits as a draft in the outbox."),
        error_messages={"required": gettext_lazy("Write a sentence or two")},
    )


class WordsForm(VerbForm):
    """Asks for what is said only."""

    text = said()

    @classmethod
    def asking(cls, **more):
        """A form whose field is `said(**more)`."""
        return type("WordsForm", (cls,), {"text": said(**more)})


TO_CHANGE = gettext_lazy(
    "The proposer and co-editors read it in the mail, which waits as a draft in the outbox, and on their page. What "
    "you change in the draft stands in the mail only: the page shows the words as you write them here."
)
WHY_WITHDRAWN = gettext_lazy(
    "It stays in the history of the proposal. The mails that it is withdrawn wait in the outbox, without the reason."
)
WHY_AGAIN = gettext_lazy(
    "It stays in the history of the proposal. The mails that it is considered again wait in the outbox, without it."
)
AMONG_US = gettext_lazy("Organisers and reviewers read it.")
ChangesForm = WordsForm.asking(is_needed=True, help_text=TO_CHANGE)
ReasonForm = WordsForm.asking(label=gettext_lazy("Reason"), is_needed=True, help_text=WHY_WITHDRAWN)
NoteForm = WordsForm.asking(label=gettext_lazy("Note"), help_text=WHY_AGAIN)
CommentForm = WordsForm.asking(label=gettext_lazy("Comment"), is_needed=True, help_text=AMONG_US)


class ScoreForm(VerbForm):
    points = forms.TypedChoiceField(
        label=gettext_lazy("Points"),
        coerce=int,
        choices=[(n, str(n)) for n in range(decisions.MOST_POINTS + 1)],
        widget=forms.RadioSelect(attrs={"class": "checks"}),
        help_text=gettext_lazy("0: not at all. 5: by all means."),
    )
    comment = said(label=gettext_lazy("Comment"), help_text=AMONG_US)

    def __init__(self, data=None, *, proposal, user):
        super().__init__(data, proposal=proposal, user=user)
        if own := proposal.reviews.filter(reviewer=user).first():
            self.initial = {"points": str(own.points), "comment": own.comment}


class MergeForm(VerbForm):
    into = forms.CharField(
        label=gettext_lazy("Code of the other proposal"),
        max_length=6,
        widget=forms.TextInput(attrs={"dir": "ltr", "spellcheck": "false"}),
        help_text=gettext_lazy("Its organisations and speakers stay, and those of this one are added."),
    )
    text = said()

    def clean_into(self):
        code = self.cleaned_data["into"].strip().upper()
        other = Proposal.objects.filter(forum=self.proposal.forum_id, code=code).first()
        if other is None:
            raise ValidationError(_("No proposal of this forum has this code"))
        return other


def _withdraw(proposal, *, text, by, now):
    return submission.withdraw(proposal, by=by, reason=text, now=now)


@dataclass(frozen=True)
class ProposalVerb:
    """`right`: decide or score; `states`: where it is offered; `run(proposal, by, now, **data)` calls the rule."""

    name: Any
    done: Any
    right: str
    states: Set[str]
    form: type[VerbForm]
    run: Callable[..., object]

    def is_offered(self, proposal, *, user) -> bool:
        """Whether the button stands there. Of one's own proposal only the way back: others judge it."""
        is_apart = proposal.is_own and self.run is not _withdraw
        return (
            proposal.seen_state in self.states
            and decisions.may(user, verb=self.right, proposal=proposal)
            and not is_apart
        )


WAITING = {State.SUBMITTED}
VERBS = {
    "score": ProposalVerb(gettext_lazy("Score"), gettext_lazy("Your points are kept."), "score", SCORED, ScoreForm, decisions.score),
    "comment": ProposalVerb(gettext_lazy("Comment"), gettext_lazy("Your comment is kept."), "score", set(State), CommentForm, decisions.comment),
    "accept": ProposalVerb(gettext_lazy("Accept"), gettext_lazy("Accepted. The mail waits in the outbox."), "decide", WAITING, WordsForm, decisions.accept),
    "changes": ProposalVerb(gettext_lazy("Ask for changes"), gettext_lazy("Given back. The mail waits in the outbox."), "decide", WAITING, ChangesForm, decisions.ask_for_changes),
    "decline": ProposalVerb(gettext_lazy("Decline"), gettext_lazy("Declined. The mail waits in the outbox."), "decide", SCORED, WordsForm, decisions.decline),
    "merge": ProposalVerb(gettext_lazy("Merge"), gettext_lazy("Merged. The mail waits in the outbox."), "decide", WAITING, MergeForm, merging.merge),
    "reopen": ProposalVerb(gettext_lazy("Take up again"), gettext_lazy("It waits for a decision again."), "decide", {State.DECLINED}, NoteForm, decisions.reopen),
    "withdraw": ProposalVerb(gettext_lazy("Withdraw"), gettext_lazy("Withdrawn."), "decide", SCORED | {State.ACCEPTED}, ReasonForm, _withdraw),
}  # fmt: skip
DECISIONS = ("accept", "changes", "decline")  # on the page of the proposal


def _of_many(name, *, done):
    """An action of the list that asks for what a verb needs, and calls it on every chosen proposal."""
    one = VERBS[name]

    @admin.action(description=one.name, permissions=["decide"])
    def action(self, request, queryset):
        return self.ask_first(request, queryset, form=one.form, verb=one.run, done=done, title=one.name)

    return action


class ProposalPages(AdminPages):
    """Views of the admin of proposals; `self` is that admin."""

    own_pages = (OwnPage("<int:pk>/act/<slug:verb>/", "act", "events_proposal_act"),)
    actions = ("accept_chosen", "decline_chosen", "ask_chosen")

    def has_decide_permission(self, request):
        return decisions.may(request.user, verb="decide")

    def act(self, request, pk, verb):
        """Ask for what the verb needs, call it, and go back to the proposal."""
        proposal = self.get_object(request, str(pk))
        one = VERBS.get(verb)
        if proposal is None or one is None:
            raise Http404
        if not decisions.may(request.user, verb=one.right, proposal=proposal):
            raise PermissionDenied
        if verb in DECISIONS:
            self._keep_points(request, proposal)
        return self.ask_about(
            request,
            proposal,
            form=one.form,
            verb=partial(one.run, proposal),
            done=one.done,
            title=one.name,
            proposal=proposal,
            user=request.user,
        )

    def _keep_points(self, request, proposal):
        """Points that are typed on the page of a proposal are kept whichever button is pressed there."""
        form = ScoreForm(request.POST, proposal=proposal, user=request.user)
        is_typed = "points" in request.POST and VERBS["score"].is_offered(proposal, user=request.user)
        if is_typed and form.has_changed() and form.is_valid():
            with suppress(ValidationError):  # then the decision is refused too, and says why
                decisions.score(proposal, by=request.user, now=timezone.now(), **form.cleaned_data)

    accept_chosen = _of_many("accept", done=ngettext_lazy("%(n)s accepted.", "%(n)s accepted.", "n"))
    decline_chosen = _of_many("decline", done=ngettext_lazy("%(n)s declined.", "%(n)s declined.", "n"))
    ask_chosen = _of_many("changes", done=ngettext_lazy("%(n)s given back.", "%(n)s given back.", "n"))
