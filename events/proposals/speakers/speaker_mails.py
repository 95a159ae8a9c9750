"""The mails to speakers: asked for a proposal, asked for a session by its hosts, told that a proposal is declined,
withdrawn or considered again, and that they were left out.

An invitation holds the link that answers it: it is a secret, hidden in the admin and wiped once it is sent.
"""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from events.mail.rendering import Content, Link, speaking
from events.models import HistoryEntry, HostedSession, Invitation, Message, Proposal, Session, User
from events.pages.absolute_urls import absolute
from events.proposals.mails import SPEAKER_DECLINED, SPEAKER_REOPENED, SPEAKER_WITHDRAWN, put
from events.proposals.speakers.invitation_limits import INVITED, turn

LEFT_OUT = "speaker-left-out"
LATER = timedelta(hours=1)


def _invite(
    invitation: Invitation, *, subject: str, heading: str, lead: str, names: tuple[object, ...], now: datetime
) -> None:
    content = Content(
        subject=subject,
        heading=heading,
        lead=lead,
        paragraphs=[_("Please say yes or no on the page below. You need no account, and you can change your answer.")],
        action=Link(_("Answer the invitation"), absolute(reverse("events:invitation", args=[invitation.token]))),
        why=_("You get this mail because somebody named you as a speaker. Without an answer nothing is published."),
    )
    put(
        content,
        kind=INVITED,
        about=invitation.pk,
        names=names,
        to=invitation.email,
        forum=invitation.forum,
        now=now,
        due=turn(invitation.email, now=now),
        is_secret=True,
    )


def write_invitation(invitation: Invitation, *, proposal: Proposal, now: datetime) -> None:
    """Ask a speaker of a proposal; again, if they were left out after an answer. In the language of the proposer."""
    with speaking(proposal.proposer.language):
        named = {"name": invitation.name, "organisation": proposal.organisation_name, "title": proposal.title}
        _invite(
            invitation,
            subject=_("Will you speak in “%(title)s”?") % named,
            heading=proposal.title,
            lead=_("%(organisation)s would like to name you, %(name)s, as a speaker of this proposed session.") % named,
            names=(f"{now:%Y%m%d}",) if invitation.answered else (),
            now=now,
        )


def asked_by(session: Session | None, *, host: HostedSession | None = None) -> str:
    """Who asks for a session: the host's organisation, else the first organiser, else the forum."""
    assert session is not None  # noqa: S101  an invitation has a proposal or a session
    organisation = (host.organisation if host else None) or session.organisers.first()
    return str(organisation or session.forum)


def write_panel_invitation(invitation: Invitation, *, session: Session, host: HostedSession, now: datetime) -> None:
    """Ask a panellist for a session, in the language of the host who asks; once a day at the most."""
    with speaking(host.user.language):
        named = {"name": invitation.name, "organisation": asked_by(session, host=host), "title": session.title}
        _invite(
            invitation,
            subject=_("Will you speak in “%(title)s”?") % named,
            heading=session.title,
            lead=_("%(organisation)s would like to name you, %(name)s, as a speaker of this session.") % named,
            names=(f"{now:%Y%m%d}",),
            now=now,
        )


def write_declined(proposal: Proposal, *, entry: HistoryEntry, now: datetime) -> None:
    """Draft a mail to each speaker who said yes: the proposal is declined. Without the organisers' words, which are for
    those who proposed, and without the link that answers, because drafts are read. In the language of who proposed."""
    with speaking(proposal.proposer.language):
        for invitation in proposal.invitations.filter(state=Invitation.State.ACCEPTED):
            _put_end(
                invitation,
                proposal=proposal,
                kind=SPEAKER_DECLINED,
                subject=_("Not accepted: %(title)s") % {"title": proposal.title},
                more=_("We cannot take it up this time, so there is nothing more for you to do. Thank you."),
                entry=entry,
                is_draft=True,
                now=now,
            )


def write_withdrawn(proposal: Proposal, *, entry: HistoryEntry, is_draft: bool, now: datetime) -> None:
    """Tell each speaker who said yes, to the proposal or to the hosts of its session: the proposal is withdrawn. One mail
    an address, without the reason, which is for the organisers. In the language of who proposed."""
    asked = Q(proposal=proposal) | (Q(session=proposal.session_id) if proposal.session_id else Q())
    rows = Invitation.objects.filter(asked, state=Invitation.State.ACCEPTED).order_by("-pk")
    with speaking(proposal.proposer.language):
        for invitation in {row.email.lower(): row for row in rows}.values():
            _put_end(
                invitation,
                proposal=proposal,
                kind=SPEAKER_WITHDRAWN,
                subject=_("Withdrawn: %(title)s") % {"title": proposal.title},
                more=_("It is withdrawn and does not take place, so there is nothing more for you to do. Thank you."),
                entry=entry,
                is_draft=is_draft,
                now=now,
            )


def write_reopened(proposal: Proposal, *, entry: HistoryEntry, now: datetime) -> None:
    """Draft a mail to each speaker who said yes and was told that they are not needed: the proposal is considered again."""
    let_go = [Message.State.QUEUED, Message.State.SENDING, Message.State.SENT]
    told = Message.objects.filter(kind=SPEAKER_DECLINED, about=proposal.pk, state__in=let_go)
    with speaking(proposal.proposer.language):
        for invitation in proposal.invitations.filter(state=Invitation.State.ACCEPTED):
            if told.filter(to=invitation.email).exists():
                _put_end(
                    invitation,
                    proposal=proposal,
                    kind=SPEAKER_REOPENED,
                    subject=_("Considered again: %(title)s") % {"title": proposal.title},
                    more=_(
                        "We wrote to you that it is not taken up. It is considered again, and your yes stands. If you "
                        "cannot come any more, say no with the link in our first mail."
                    ),
                    entry=entry,
                    is_draft=True,
                    now=now,
                )


def write_left_out(invitations: QuerySet[Invitation], *, by: User, now: datetime) -> None:
    """Tell those of these speakers who said yes and were taken out since, in the language of who took them out. An hour
    later, so that whom somebody takes in again meanwhile hears nothing. Once for each yes, one mail an address."""
    rows = invitations.filter(state=Invitation.State.TAKEN_BACK, answered__isnull=False).order_by("-pk")
    with speaking(by.language):
        for invitation in {row.email.lower(): row for row in rows}.values():
            proposal, forum = invitation.proposal, invitation.forum
            title = str(proposal or invitation.session)
            named = {"organisation": proposal.organisation_name if proposal else asked_by(invitation.session)}
            content = Content(
                subject=_("No longer needed: %(title)s") % {"title": title},
                heading=title,
                lead=_("You said yes to speaking in this session, for which %(organisation)s asked you.") % named,
                paragraphs=[
                    _("Its speakers have changed, and you are no longer among them. Nothing more is to be done.")
                ],
                action=Link(_("Open the page of the Forum"), absolute(reverse("events:home", args=[forum.slug]))),
                why=_("You get this mail because you said yes to an invitation to speak."),
            )
            put(
                content,
                kind=LEFT_OUT,
                about=invitation.pk,
                names=(f"{invitation.answered:%Y%m%d%H%M%S}",),
                to=invitation.email,
                forum=forum,
                now=now,
                due=now + LATER,
            )


def _put_end(
    invitation: Invitation,
    *,
    proposal: Proposal,
    kind: str,
    subject: str,
    more: str,
    entry: HistoryEntry,
    is_draft: bool,
    now: datetime,
) -> None:
    """A mail to a speaker who said yes: there is nothing to do any more (`more`)."""
    named = {"organisation": proposal.organisation_name}
    content = Content(
        subject=subject,
        heading=proposal.title,
        lead=_("You said yes to speaking in this session, which %(organisation)s proposed.") % named,
        paragraphs=[more],
        action=Link(_("Open the page of the Forum"), absolute(reverse("events:home", args=[proposal.forum.slug]))),
        why=_("You get this mail because you said yes to an invitation to speak."),
    )
    put(
        content,
        kind=kind,
        about=proposal.pk,
        names=(invitation.pk, f"h{entry.pk}"),
        to=invitation.email,
        forum=proposal.forum,
        now=now,
        is_draft=is_draft,
    )
