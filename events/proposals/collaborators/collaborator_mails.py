"""The mails on editing a proposal together: who is asked, and who joined, left, was removed or does not want to."""

from dataclasses import replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from events.mail.rendering import Content, Link, speaking
from events.models import Proposal, Remark, User
from events.pages.absolute_urls import absolute
from events.proposals.mails import Words, of_proposal, people_of, put
from events.proposals.states import JOIN, REMOVE_EDITOR
from events.proposals.telling import EDITOR, EDITORS


def write_editor_invitation(proposal: Proposal, *, remark: Remark, token: str, now: datetime) -> None:
    """Ask a person (the address is the text of `remark`) to edit a proposal, in the language of who made it. The mail
    holds the link: it is a secret."""
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
            action=Link(_("Edit the proposal"), absolute(reverse("events:editing", args=[token]))),
            why=_("You get this mail because somebody entered your address. If you do nothing, nothing happens."),
        )
        put(content, kind=EDITOR, about=remark.pk, to=remark.text, forum=proposal.forum, now=now, is_secret=True)


def tell_editors(proposal: Proposal, *, entry: Remark, person: User | None = None, now: datetime) -> None:
    """Tell the people of a proposal, but not who did it, what an `entry` of its course says of an editor: `person` joined,
    or goes and is told too. Without a `person` somebody who was asked does not want to: who made the proposal is told."""
    there = people_of(proposal)
    gone = [person] if person and entry.verb == REMOVE_EDITOR else []
    for one in [proposal.proposer] if person is None else [*there, *gone]:
        if one.pk != entry.author_id:
            with speaking(one.language):
                content = of_proposal(proposal, words=_words(proposal, entry=entry, person=person, to=one))
                if one in gone:
                    home = absolute(reverse("events:home", args=[proposal.forum.slug]))
                    content = replace(content, action=Link(_("Open the page of the Forum"), home))
                names = (one.pk, entry.pk)
                put(content, kind=EDITORS, about=proposal.pk, names=names, to=one, forum=proposal.forum, now=now)


def _words(proposal: Proposal, *, entry: Remark, person: User | None, to: User) -> Words:
    title = proposal.title or _("Draft without a title")
    subject = _("Who edits “%(title)s”") % {"title": title}
    if person is None:
        return subject, _("%(address)s does not want to edit this proposal.") % {"address": entry.text}, []
    named = {"name": person.public_name}
    if entry.verb == JOIN:
        return subject, _("%(name)s edits this proposal with you from now on.") % named, []
    if person == to:
        gone = _("Who made this proposal has ended your editing. You do not find its page any more.")
        return subject, gone, [_("Its session is no longer yours to edit either, if there is one.")]
    return subject, _("%(name)s no longer edits this proposal.") % named, []
