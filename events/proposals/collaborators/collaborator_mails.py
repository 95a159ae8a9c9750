"""The mails on editing a proposal together: who is asked, and who joined, left, was removed or does not want to."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import CollaboratorInvitation, User
from events.proposals.mails import of_proposal
from events.shared import invitations
from events.shared.mail.rendering import Content, MailLink, speaking, tell
from events.shared.mail.texts.kind_names import named
from events.shared.mail.texts.originals import Original, original
from events.shared.pages.absolute_urls import absolute

EDITORS = named("proposal-editors", gettext_lazy("Who edits a proposal"))
ASKED = original(
    invitations.TO_EDIT,
    gettext_lazy("Somebody is asked to edit a proposal"),
    gettext_lazy("Will you edit “%(title)s” with me?"),
    gettext_lazy("%(name)s asks you to edit this proposal with them."),
    gettext_lazy("Open the page below and log in, or make an account, with the address to which this mail was sent."),
    gettext_lazy("The link holds for 30 days and for you only. You can also say no there, without an account."),
)
WHO_EDITS = gettext_lazy("Who edits “%(title)s”")
HAS_JOINED = original(
    "proposal-editor-joined",
    gettext_lazy("Somebody edits a proposal from now on"),
    WHO_EDITS,
    gettext_lazy("%(name)s edits this proposal with you from now on."),
)
HAS_LEFT = original(
    "proposal-editor-left",
    gettext_lazy("Somebody no longer edits a proposal"),
    WHO_EDITS,
    gettext_lazy("%(name)s no longer edits this proposal."),
)
IS_REMOVED = original(
    "proposal-editor-removed",
    gettext_lazy("A co-editor is removed, to them"),
    WHO_EDITS,
    gettext_lazy("The proposer removed you as a co-editor. You do not find the page of this proposal any more."),
    gettext_lazy("Its session is no longer yours to edit either, if there is one."),
)
HAS_DECLINED = original(
    "proposal-editor-declined",
    gettext_lazy("Somebody does not want to edit a proposal"),
    WHO_EDITS,
    gettext_lazy("%(address)s does not want to edit this proposal."),
)


def write_invitation(invitation: CollaboratorInvitation, *, now: datetime) -> None:
    """Ask a person to edit a proposal, in the language of the proposer. The mail holds the link: it is a secret."""
    proposal = invitation.proposal
    with speaking(proposal.proposer.language):
        named = {"name": proposal.proposer.public_name, "title": proposal.title or _("Draft without a title")}
        content = Content(
            **ASKED.said(proposal.forum, **named),
            heading=named["title"],
            action=MailLink(_("Edit the proposal"), absolute(reverse("events:editing", args=[invitation.token]))),
            why=_("You get this mail because somebody entered your address. If you do nothing, nothing happens."),
        )
        invitations.write(invitation, content, kind=invitations.TO_EDIT, forum=proposal.forum, now=now)


def tell_joined(invitation: CollaboratorInvitation, *, now: datetime) -> None:
    """Tell the others who edit the proposal that a person joined."""
    others = [one for one in invitation.proposal.people() if one != invitation.user]
    _tell(others, invitation, HAS_JOINED, now=now)


def tell_removed(invitation: CollaboratorInvitation, *, by: User, now: datetime) -> None:
    """Tell the others who edit the proposal that a person does not any more, and the person; but not who removed them."""
    others = [one for one in invitation.proposal.people() if one != by]
    _tell(others, invitation, HAS_LEFT, now=now)
    if invitation.user != by and invitation.user is not None:
        _tell([invitation.user], invitation, IS_REMOVED, leads_home=True, now=now)


def tell_declined(invitation: CollaboratorInvitation, *, now: datetime) -> None:
    """Tell the proposer that somebody who was asked does not want to."""
    _tell([invitation.proposal.proposer], invitation, HAS_DECLINED, now=now)


def _tell(
    people: Iterable[User],
    invitation: CollaboratorInvitation,
    words: Original,
    *,
    leads_home: bool = False,
    now: datetime,
) -> None:
    """`words` may name the `name` and the `address` of who was invited. The mail leads to the proposal, else to the page of
    the forum."""
    proposal = invitation.proposal
    named = {"name": invitation.user.public_name if invitation.user else "", "address": invitation.email}

    def say() -> Content:
        content = of_proposal(proposal, words, **named)
        if not leads_home:
            return content
        home = absolute(reverse("events:home", args=[proposal.forum.slug]))
        return replace(content, action=MailLink(_("Open the page of the Forum"), home))

    names = (invitation.pk, invitation.state)
    tell(people, say, kind=EDITORS, about=proposal.pk, names=names, forum=proposal.forum, now=now)
