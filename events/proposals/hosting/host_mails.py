"""The mails to those who edit a session or named its speakers."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from events.mail.rendering import Content, Link, speaking
from events.models import HostedSession, Invitation, Session, User
from events.pages.absolute_urls import absolute
from events.proposals.mails import Words, of_proposal, put

HOST, LATE, SAID_NO = "session-host", "outcome-late", "speaker-said-no"


def _to_host(person: User, session: Session, *, words: Words, action: str, why: str, **mail: Any) -> None:
    """Put a mail to somebody who edits a session into the outbox, with the address of the page where they do."""
    subject, lead, more = words
    link = Link(action, absolute(reverse("events:hosted", args=[session.forum.slug, session.code])))
    content = Content(subject=subject, lead=lead, heading=session.title, paragraphs=more, action=link, why=why)
    put(content, to=person, forum=session.forum, **mail)


def write_late(host: HostedSession, *, session: Session, now: datetime) -> None:
    """Remind a host that the outcome of a session is not reported yet; once."""
    with speaking(host.user.language):
        words = (
            _("The outcome of “%(title)s”") % {"title": session.title},
            _("Your session is over, and its outcome is not reported yet."),
            [_("What was announced, launched, agreed or published? A few sentences are enough.")],
        )
        why = _("You get this mail because you organised this session.")
        mail = {"kind": LATE, "about": session.pk, "names": (host.user_id,), "now": now}
        _to_host(host.user, session, words=words, action=_("Report the outcome"), why=why, **mail)


def write_host(host: HostedSession, *, session: Session, now: datetime) -> None:
    """Tell an account that it may edit a session; once for each time it is added."""
    with speaking(host.user.language):
        words = (
            _("You can edit “%(title)s”") % {"title": session.title},
            _("The organisers of the Forum let you edit this session."),
            [_("You can change its text, panellists and documents, and report its outcome afterwards.")],
        )
        why = _("You get this mail because the organisers added your account to this session.")
        mail = {"kind": HOST, "about": session.pk, "names": (host.pk, host.user_id), "now": now}
        _to_host(host.user, session, words=words, action=_("Edit the session"), why=why, **mail)


def write_said_no(invitation: Invitation, *, now: datetime) -> None:
    """Tell those who asked a speaker, the people of the proposal or the hosts of the session, of the no; once a day."""
    session, proposal = invitation.session, invitation.proposal
    people = [host.user for host in session.hosts.select_related("user")] if session else proposal.people()  # type: ignore[union-attr]
    for person in people:
        with speaking(person.language):
            named = {"name": invitation.name, "title": str(invitation.parent)}
            words = (
                _("%(name)s will not speak in “%(title)s”") % named,
                _("%(name)s says no to the invitation to speak.") % named,
                [_("You can ask somebody else. If they change their mind, the link in their mail still holds.")],
            )
            why = _("You get this mail because you organise this session.")
            mail: dict[str, Any] = {
                "kind": SAID_NO,
                "about": invitation.pk,
                "names": (person.pk, f"{now:%Y%m%d}"),
                "now": now,
            }
            if session:
                _to_host(person, session, words=words, action=_("Edit the session"), why=why, **mail)
            elif proposal:
                put(of_proposal(proposal, words=words), to=person, forum=proposal.forum, **mail)
