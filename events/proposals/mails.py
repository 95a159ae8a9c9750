"""The mails of the open consultation. What organisers decide is a draft in the outbox first: they edit it and let it go.

Each mail is in its person's language and made of the same parts (`Content`). Decisions have no HTML, so that what
organisers edit is what is sent.
"""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.mail import outbox
from events.mail.rendering import Content, Link, outbox_row, render, speaking
from events.models import Forum, Message, Proposal, Remark, User
from events.pages.absolute_urls import absolute
from events.proposals.speakers import invitation_limits
from events.proposals.telling import JOINED, RECEIVED, REOPENED, VERDICTS, WITHDRAWN, waiting

VERDICT_VERBS = ("ask-changes", "accept", "decline", "merge")
# Subject, first sentence, and what comes next.
type Words = tuple[str, str, list[str]]


def put(
    content: Content,
    *,
    kind: str,
    about: int,
    names: Sequence[object] = (),
    to: User | str,
    forum: Forum,
    now: datetime,
    due: datetime | None = None,
    is_draft: bool = False,
    is_secret: bool = False,
) -> None:
    """Put a mail into the outbox, in the language that is active; nothing happens where one of this kind is about the
    same row and has the same `names` in its key. `to`: an account, or an address without one."""
    address = to if isinstance(to, str) else to.email
    outbox.write(
        outbox_row(
            render(content, sender=forum.name, has_html=not is_draft),
            kind=kind,
            key=":".join(map(str, (kind, about, *names))),
            about=about,
            to=to,
            language=get_language() or "",
            forum=forum,
            due=due or invitation_limits.turn(kind, to=address, now=now),
            state=Message.State.DRAFT if is_draft else Message.State.QUEUED,
            is_secret=is_secret,
        )
    )


def people_of(proposal: Proposal) -> list[User]:
    """Who edits a proposal, who made it first."""
    return [proposal.proposer, *proposal.editors.all()]


def of_proposal(proposal: Proposal, *, words: Words, quote: str = "") -> Content:
    """A mail on a proposal, with its link."""
    subject, lead, more = words
    address = reverse("events:proposal", args=[proposal.forum.slug, proposal.code])
    return Content(
        subject=subject,
        lead=lead,
        heading=proposal.title,
        quote=quote,
        paragraphs=more,
        action=Link(_("Open the proposal"), absolute(address)),
        why=_("You get this mail because you made a proposal."),
    )


def write_received(proposal: Proposal, *, remark: Remark, now: datetime) -> None:
    """Tell who proposed that we have it."""
    person = proposal.proposer
    with speaking(person.language):
        words = (
            _("Received: %(title)s") % {"title": proposal.title},
            _("We have received your proposal."),
            [_("The organisers read it and write to you. The speakers that you named are asked by mail.")],
        )
        content = of_proposal(proposal, words=words)
        put(content, kind=RECEIVED, about=proposal.pk, names=(remark.pk,), to=person, forum=proposal.forum, now=now)


# --- decisions --------------------------------------------------------------------------------------
def _decision(kind: str, *, proposal: Proposal, into: Proposal | None) -> Words:
    """The words for a kind of `VERDICTS`."""
    named = {"title": proposal.title}
    if kind == "proposal-changes":
        return (
            _("Please change: %(title)s") % named,
            _("The organisers ask you to change your proposal."),
            [_("Change it on its page, then submit it again.")],
        )
    if kind == "proposal-accepted":
        more = _("It becomes a session of the programme. You can edit its text, panellists and documents yourself.")
        return _("Accepted: %(title)s") % named, _("Your proposal is accepted."), [more] if proposal.session_id else []
    if kind == "proposal-merged":
        other = _("It goes on as part of “%(title)s”. Its speakers and organisers go with it.")
        return (
            _("Merged: %(title)s") % named,
            _("Your proposal is merged with another one."),
            [other % {"title": into.title if into else ""}],
        )
    return (
        _("Not accepted: %(title)s") % named,
        _("We cannot take up your proposal this time."),
        [_("Thank you for the work that you put into it.")],
    )


def _put(
    proposal: Proposal,
    words: Words,
    *,
    kind: str,
    person: User,
    remark: Remark,
    quote: str = "",
    is_draft: bool = True,
    now: datetime,
) -> None:
    content = of_proposal(proposal, words=words, quote=quote)
    own = () if person.pk == proposal.proposer_id else (person.pk,)
    put(
        content,
        kind=kind,
        about=proposal.pk,
        names=(*own, remark.pk),
        to=person,
        forum=proposal.forum,
        now=now,
        is_draft=is_draft,
    )


def write_decision(
    proposal: Proposal, *, kind: str, remark: Remark, other: Proposal | None = None, now: datetime
) -> None:
    """Draft the mail on a decision to each person who edits the proposal; `remark.text` is what the organisers say to
    them, `other` the proposal into which it is merged."""
    for person in people_of(proposal):
        with speaking(person.language):
            words = _decision(kind, proposal=proposal, into=other)
            _put(proposal, words, kind=kind, person=person, remark=remark, quote=remark.text, now=now)


def write_joined(proposal: Proposal, *, remark: Remark, other: Proposal, now: datetime) -> None:
    """Draft the mail to the people of a proposal with which another one is merged."""
    for person in people_of(proposal):
        with speaking(person.language):
            more = _("“%(title)s” goes on as part of it. Its speakers are added, and its people edit it with you.")
            words = (
                _("Another proposal joins: %(title)s") % {"title": proposal.title},
                _("The organisers merge another proposal with yours."),
                [more % {"title": other.title}],
            )
            _put(proposal, words, kind=JOINED, person=person, remark=remark, now=now)


def write_withdrawn(proposal: Proposal, *, remark: Remark, by: User, is_draft: bool, now: datetime) -> None:
    """Tell the people of a proposal, but not who did it, that it is withdrawn: at once by one of them, with a draft by
    organisers. Without the reason, which is for the organisers."""
    for person in people_of(proposal):
        with speaking(person.language):
            who = _("The organisers withdraw your proposal.")
            if not is_draft:
                who = _("%(name)s withdraws the proposal that you edit together.") % {"name": by.public_name}
            more = _("It is no longer considered. If it was a session already, that does not take place.")
            words = (_("Withdrawn: %(title)s") % {"title": proposal.title}, who, [more])
            if person != by:
                _put(proposal, words, kind=WITHDRAWN, person=person, remark=remark, is_draft=is_draft, now=now)


def write_reopened(proposal: Proposal, *, people: Sequence[User], remark: Remark, now: datetime) -> None:
    """Draft the mail to those of a declined proposal who know of it: it is taken up again."""
    for person in people:
        with speaking(person.language):
            words = (
                _("Considered again: %(title)s") % {"title": proposal.title},
                _("The organisers take up your proposal again."),
                [_("They read it once more and write to you.")],
            )
            _put(proposal, words, kind=REOPENED, person=person, remark=remark, now=now)


def tell_too(proposal: Proposal, *, person: User, now: datetime) -> None:
    """Draft the mail on a decision to somebody who joined while that to who proposed waits, so that both learn of it
    together. `proposal` is locked."""
    for one in waiting(proposal.proposer, forum=proposal.forum):
        if one.about == proposal.pk and proposal.state in VERDICTS[one.kind]:
            entry = proposal.remarks.filter(verb__in=VERDICT_VERBS).latest("pk")
            with speaking(person.language):
                words = _decision(one.kind, proposal=proposal, into=None)
                _put(proposal, words, kind=one.kind, person=person, remark=entry, quote=entry.text, now=now)
