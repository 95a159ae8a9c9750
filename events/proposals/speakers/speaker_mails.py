"""The mails to speakers: asked for a proposal, asked for a session by its hosts, told that a proposal is declined,
withdrawn or considered again, and that they were left out.

An invitation holds the link that answers it: it is a secret, hidden in the admin and wiped once it is sent.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import HistoryEntry, HostedSession, Invitation, Message, Proposal, Speaker, User
from events.proposals.mails import SPEAKER_DECLINED, SPEAKER_REOPENED, SPEAKER_WITHDRAWN
from events.shared import invitations
from events.shared.mail.rendering import Content, MailLink, put, speaking
from events.shared.mail.texts.originals import Original, original
from events.shared.pages.absolute_urls import absolute

LEFT_OUT, LINK = "speaker-left-out", "speaker-link"
LATER = timedelta(hours=1)
SAID_YES = gettext_lazy("You said yes to speaking in this session, which %(organisation)s proposed.")
# What became of a proposal → the words to a speaker who said yes.
BECAME = {
    SPEAKER_DECLINED: original(
        SPEAKER_DECLINED,
        gettext_lazy("A proposal is declined, to its speakers"),
        gettext_lazy("Not accepted: %(title)s"),
        SAID_YES,
        gettext_lazy("We cannot take it up this time, so there is nothing more for you to do. Thank you."),
    ),
    SPEAKER_WITHDRAWN: original(
        SPEAKER_WITHDRAWN,
        gettext_lazy("A proposal is withdrawn, to its speakers"),
        gettext_lazy("Withdrawn: %(title)s"),
        SAID_YES,
        gettext_lazy("It is withdrawn and does not take place, so there is nothing more for you to do. Thank you."),
    ),
    SPEAKER_REOPENED: original(
        SPEAKER_REOPENED,
        gettext_lazy("A proposal is considered again, to its speakers"),
        gettext_lazy("Considered again: %(title)s"),
        SAID_YES,
        gettext_lazy(
            "We wrote to you that it is not taken up. It is considered again, and your yes stands. If you "
            "cannot come any more, say no with the link in our first mail."
        ),
    ),
}
WILL_YOU_SPEAK = gettext_lazy("Will you speak in “%(title)s”?")
YES_OR_NO = gettext_lazy("Please say yes or no on the page below. You need no account, and you can change your answer.")
ASKED_BY_HOST = original(
    "speaker-invited-session",
    gettext_lazy("A speaker is asked for a session"),
    WILL_YOU_SPEAK,
    gettext_lazy("%(organisation)s would like to name you, %(name)s, as a speaker of this session."),
    YES_OR_NO,
)
ASKED = original(
    invitations.TO_SPEAK,
    gettext_lazy("A speaker is asked for a proposal"),
    WILL_YOU_SPEAK,
    gettext_lazy("%(organisation)s would like to name you, %(name)s, as a speaker of this proposed session."),
    YES_OR_NO,
)
CONNECT = original(
    LINK,
    gettext_lazy("A speaker gets the link to connect their account"),
    gettext_lazy("Your page as a speaker: %(forum)s"),
    gettext_lazy("You are named as a speaker of this Forum."),
    gettext_lazy(
        "Connect your account on the page below, so that the Forum knows that it is you who registers. The "
        "link is for you alone: do not pass it on. It works for 30 days."
    ),
)
IS_LEFT_OUT = original(
    LEFT_OUT,
    gettext_lazy("A speaker who said yes is taken out"),
    gettext_lazy("No longer needed: %(title)s"),
    gettext_lazy("You said yes to speaking in this session, for which %(organisation)s asked you."),
    gettext_lazy("Its speakers have changed, and you are no longer among them. Nothing more is to be done."),
)


def asked_by(invitation: Invitation, *, host: HostedSession | None = None) -> str:
    """Who asks a speaker: the organisation of the proposal; for a session the host's organisation, else the first
    organiser, else the forum."""
    if invitation.proposal:
        return invitation.proposal.organisation_name
    assert invitation.session is not None  # noqa: S101  a constraint of the table
    organisation = (host.organisation if host else None) or invitation.session.organisers.first()
    return str(organisation or invitation.forum)


def write_invitation(invitation: Invitation, *, host: HostedSession | None = None, now: datetime) -> None:
    """Ask a speaker: of a proposal in the language of the proposer, again if they were left out after an answer; of a
    session in the language of the `host` who asks. Once a day at the most."""
    title = invitation.parent.title
    with speaking(host.user.language if host else invitation.proposal.proposer.language):  # type: ignore[union-attr]
        named = {"title": title, "name": invitation.name, "organisation": asked_by(invitation, host=host)}
        content = Content(
            **(ASKED_BY_HOST if host else ASKED).said(invitation.forum, **named),
            heading=title,
            action=MailLink(
                _("Answer the invitation"), absolute(reverse("events:invitation", args=[invitation.token]))
            ),
            why=_("You get this mail because somebody named you as a speaker. Without an answer nothing is published."),
        )
        names = (f"{now:%Y%m%d}",) if host or invitation.answered else ()
        invitations.write(invitation, content, kind=invitations.TO_SPEAK, names=names, forum=invitation.forum, now=now)


def write_link(speaker: Speaker, *, to: str, token: str, language: str, now: datetime) -> None:
    """Send a speaker the link with which they connect their account. Once a day at the most."""
    forum = speaker.forum
    with speaking(language):
        content = Content(
            **CONNECT.said(forum),
            heading=str(speaker),
            action=MailLink(_("Connect my account"), absolute(reverse("events:speaker-link", args=[token]))),
            why=_("You get this mail because the organisers of the Forum have your address as a speaker’s."),
        )
        names = (f"{now:%Y%m%d}",)
        put(content, kind=LINK, about=speaker.pk, names=names, to=to, forum=forum, now=now, is_secret=True)


def _to_who_said_yes(invitation: Invitation, words: Original) -> Content:
    """A mail to a speaker who said yes."""
    title = str(invitation.parent)
    return Content(
        **words.said(invitation.forum, title=title, organisation=asked_by(invitation)),
        heading=title,
        action=MailLink(
            _("Open the page of the Forum"), absolute(reverse("events:home", args=[invitation.forum.slug]))
        ),
        why=_("You get this mail because you said yes to an invitation to speak."),
    )


def _once_each(invitations: QuerySet[Invitation]) -> Iterable[Invitation]:
    """One invitation an address, the newest."""
    return {row.email.lower(): row for row in invitations.order_by("-pk")}.values()


def _tell(
    invitations: Iterable[Invitation],
    *,
    of: Proposal,
    kind: str,
    entry: HistoryEntry,
    is_draft: bool = True,
    now: datetime,
) -> None:
    """Tell these speakers what became of a proposal, in the language of who proposed."""
    with speaking(of.proposer.language):
        for invitation in invitations:
            to, names = invitation.email, (invitation.pk, f"h{entry.pk}")
            invitation.proposal = of  # also where hosts asked for its session
            content = _to_who_said_yes(invitation, BECAME[kind])
            put(content, kind=kind, about=of.pk, names=names, to=to, forum=of.forum, now=now, is_draft=is_draft)


def write_declined(proposal: Proposal, *, entry: HistoryEntry, now: datetime) -> None:
    """Draft a mail to each speaker who said yes: the proposal is declined. Without the organisers' words, which are for
    those who proposed, and without the link that answers, because drafts are read."""
    coming = proposal.invitations.filter(state=Invitation.State.ACCEPTED)
    _tell(coming, of=proposal, kind=SPEAKER_DECLINED, entry=entry, now=now)


def write_withdrawn(proposal: Proposal, *, entry: HistoryEntry, is_draft: bool, now: datetime) -> None:
    """Tell each speaker who said yes, to the proposal or to the hosts of its session: the proposal is withdrawn. One mail
    an address, without the reason, which is for the organisers."""
    asked = Q(proposal=proposal) | (Q(session=proposal.session_id) if proposal.session_id else Q())
    coming = _once_each(Invitation.objects.filter(asked, state=Invitation.State.ACCEPTED))
    _tell(coming, of=proposal, kind=SPEAKER_WITHDRAWN, entry=entry, is_draft=is_draft, now=now)


def write_reopened(proposal: Proposal, *, entry: HistoryEntry, now: datetime) -> None:
    """Draft a mail to each speaker who said yes and was told that they are not needed: the proposal is considered again."""
    let_go = [Message.State.QUEUED, Message.State.SENDING, Message.State.SENT]
    told = Message.objects.filter(kind=SPEAKER_DECLINED, about=proposal.pk, state__in=let_go)
    coming = proposal.invitations.filter(state=Invitation.State.ACCEPTED, email__in=told.values("to"))
    _tell(coming, of=proposal, kind=SPEAKER_REOPENED, entry=entry, now=now)


def write_left_out(invitations: QuerySet[Invitation], *, by: User, now: datetime) -> None:
    """Tell those of these speakers who said yes and were taken out since, in the language of who took them out. An hour
    later, so that whoever is taken in again before that hears nothing. Once for each yes, one mail an address."""
    gone = invitations.filter(state=Invitation.State.TAKEN_BACK, answered__isnull=False)
    with speaking(by.language):
        for invitation in _once_each(gone):
            put(
                _to_who_said_yes(invitation, IS_LEFT_OUT),
                kind=LEFT_OUT,
                about=invitation.pk,
                names=(f"{invitation.answered:%Y%m%d%H%M%S}",),
                to=invitation.email,
                forum=invitation.forum,
                now=now,
                due=now + LATER,
            )
