"""The mails on editing a proposal together: who is asked, and who joined, left, was removed or does not want to."""

from dataclasses import replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from events.mail.rendering import Content, Link, speaking
from events.models import CollaboratorInvitation, Proposal, User
from events.pages.absolute_urls import absolute
from events.proposals.mails import of_proposal, put
from events.proposals.speakers.invitation_limits import EDITOR, turn

EDITORS = "proposal-editors"


def write_invitation(invitation: CollaboratorInvitation, *, now: datetime) -> None:
    """Ask a person to edit a proposal, in the language of the proposer. The mail holds the link: it is a secret."""
    proposal = invitation.proposal
    with speaking(proposal.proposer.language):
        named = {"name": proposal.proposer.public_name, "title": _title(proposal)}
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
        put(
            content,
            kind=EDITOR,
            about=invitation.pk,
            to=invitation.email,
            forum=proposal.forum,
            now=now,
            due=turn(invitation.email, now=now),
            is_secret=True,
        )


def _title(proposal: Proposal) -> str:
    return proposal.title or _("Draft without a title")


def tell_joined(invitation: CollaboratorInvitation, *, now: datetime) -> None:
    """Tell the others who edit the proposal that a person joined."""
    for one in invitation.proposal.people():
        if one != invitation.user:
            with speaking(one.language):
                words = _("%(name)s edits this proposal with you from now on.") % {"name": _name(invitation)}
                _tell(one, invitation, words=words, now=now)


def tell_removed(invitation: CollaboratorInvitation, *, by: User, now: datetime) -> None:
    """Tell the others who edit the proposal that a person does not any more, and the person; but not who removed them."""
    for one in invitation.proposal.people():
        if one != by:
            with speaking(one.language):
                words = _("%(name)s no longer edits this proposal.") % {"name": _name(invitation)}
                _tell(one, invitation, words=words, now=now)
    if invitation.user != by and invitation.user is not None:
        with speaking(invitation.user.language):
            words = _("The proposer removed you as a co-editor. You do not find the page of this proposal any more.")
            more = [_("Its session is no longer yours to edit either, if there is one.")]
            home = absolute(reverse("events:home", args=[invitation.proposal.forum.slug]))
            action = Link(_("Open the page of the Forum"), home)
            _tell(invitation.user, invitation, words=words, more=more, action=action, now=now)


def tell_declined(invitation: CollaboratorInvitation, *, now: datetime) -> None:
    """Tell the proposer that somebody who was asked does not want to."""
    proposer = invitation.proposal.proposer
    with speaking(proposer.language):
        words = _("%(address)s does not want to edit this proposal.") % {"address": invitation.email}
        _tell(proposer, invitation, words=words, now=now)


def _name(invitation: CollaboratorInvitation) -> str:
    return invitation.user.public_name if invitation.user else ""


def _tell(
    person: User,
    invitation: CollaboratorInvitation,
    *,
    words: str,
    more: list[str] | None = None,
    action: Link | None = None,
    now: datetime,
) -> None:
    """`action`: where the mail leads, else to the proposal."""
    proposal = invitation.proposal
    content = of_proposal(proposal, words=(_("Who edits “%(title)s”") % {"title": _title(proposal)}, words, more or []))
    names = (person.pk, invitation.pk, invitation.state)
    content = replace(content, action=action or content.action)
    put(content, kind=EDITORS, about=proposal.pk, names=names, to=person, forum=proposal.forum, now=now)
