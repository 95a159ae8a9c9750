"""The mails on editing a proposal together: who is asked, and who joined, left, was removed or does not want to."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.mail.rendering import Content, Link, speaking
from events.models import CollaboratorInvitation, User
from events.pages.absolute_urls import absolute
from events.proposals.mails import of_proposal, put, tell
from events.proposals.speakers.invitation_limits import EDITOR, turn

EDITORS = "proposal-editors"


def write_invitation(invitation: CollaboratorInvitation, *, now: datetime) -> None:
    """Ask a person to edit a proposal, in the language of the proposer. The mail holds the link: it is a secret."""
    proposal = invitation.proposal
    with speaking(proposal.proposer.language):
        named = {"name": proposal.proposer.public_name, "title": proposal.title or _("Draft without a title")}
        content = Content(
            subject=_("Will you edit “%(title)s” with me?") % named,
            heading=named["title"],
            lead=_("%(name)s asks you to edit this proposal with them.") % named,
            paragraphs=[
                _("Open the page below and log in, or make an account, with the address to which this mail was sent."),
                _("The link holds for 30 days and for you only. You can also say no there, without an account."),
            ],
            action=Link(_("Edit the proposal"), absolute(reverse("events:editing", args=[invitation.token]))),
            why=_("You get this mail because somebody entered your address. If you do nothing, nothing happens."),
        )
        to, due = invitation.email, turn(invitation.email, now=now)
        put(content, kind=EDITOR, about=invitation.pk, to=to, forum=proposal.forum, now=now, due=due, is_secret=True)


def tell_joined(invitation: CollaboratorInvitation, *, now: datetime) -> None:
    """Tell the others who edit the proposal that a person joined."""
    others = [one for one in invitation.proposal.people() if one != invitation.user]
    _tell(others, invitation, gettext_lazy("%(name)s edits this proposal with you from now on."), now=now)


def tell_removed(invitation: CollaboratorInvitation, *, by: User, now: datetime) -> None:
    """Tell the others who edit the proposal that a person does not any more, and the person; but not who removed them."""
    others = [one for one in invitation.proposal.people() if one != by]
    _tell(others, invitation, gettext_lazy("%(name)s no longer edits this proposal."), now=now)
    if invitation.user != by and invitation.user is not None:
        words = gettext_lazy(
            "The proposer removed you as a co-editor. You do not find the page of this proposal any more."
        )
        more = [gettext_lazy("Its session is no longer yours to edit either, if there is one.")]
        _tell([invitation.user], invitation, words, more=more, leads_home=True, now=now)


def tell_declined(invitation: CollaboratorInvitation, *, now: datetime) -> None:
    """Tell the proposer that somebody who was asked does not want to."""
    words = gettext_lazy("%(address)s does not want to edit this proposal.")
    _tell([invitation.proposal.proposer], invitation, words, now=now)


def _tell(
    people: Iterable[User],
    invitation: CollaboratorInvitation,
    words: Any,
    *,
    more: Sequence[Any] = (),
    leads_home: bool = False,
    now: datetime,
) -> None:
    """`words` may name the `name` and the `address` of who was invited. The mail leads to the proposal, else to the page of
    the forum."""
    proposal = invitation.proposal
    named = {"name": invitation.user.public_name if invitation.user else "", "address": invitation.email}

    def say() -> Content:
        content = of_proposal(proposal, words=(_("Who edits “%(title)s”"), words % named, [*map(str, more)]))
        if not leads_home:
            return content
        home = absolute(reverse("events:home", args=[proposal.forum.slug]))
        return replace(content, action=Link(_("Open the page of the Forum"), home))

    names = (invitation.pk, invitation.state)
    tell(people, say, kind=EDITORS, about=proposal.pk, names=names, forum=proposal.forum, now=now)
