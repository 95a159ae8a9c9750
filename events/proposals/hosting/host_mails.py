"""The mails to those who edit a session or named its speakers."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from events.mail.rendering import Content, Link, speaking
from events.models import HostedSession, Invitation, Session, User
from events.pages.absolute_urls import absolute
from events.proposals.mails import Words, of_proposal, put
from events.proposals.states import people_of

HOST, LATE, SAID_NO = "session-host", "outcome-late", "speaker-said-no"


def _of_session(session: Session, *, words: Words, action: str, why: str) -> Content:
    subject, lead, more = words
    address = absolute(reverse("events:hosted", args=[session.forum.slug, session.code]))
    return Content(
        subject=subject, lead=lead, heading=session.title, paragraphs=more, action=Link(action, address), why=why
    )


def write_late(host: HostedSession, *, session: Session, now: datetime) -> None:
    """Remind a host that the outcome of a session is not reported yet; once."""
    with speaking(host.user.language):
        words = (
            _("The outcome of “%(title)s”") % {"title": session.title},
            _("Your session is over, and its outcome is not reported yet."),
            [_("What was announced, launched, agreed or published? A few sentences are enough.")],
        )
        why = _("You get this mail because you organised this session.")
        content = _of_session(session, words=words, action=_("Report the outcome"), why=why)
        put(content, kind=LATE, about=session.pk, names=(host.user_id,), to=host.user, forum=session.forum, now=now)


def write_host(host: HostedSession, *, session: Session, now: datetime) -> None:
    """Tell an account that it may edit a session; once for each time it is added."""
    with speaking(host.user.language):
        words = (
            _("You can edit “%(title)s”") % {"title": session.title},
            _("The organisers of the Forum let you edit this session."),
            [_("You can change its text, panellists and documents, and report its outcome afterwards.")],
        )
        why = _("You get this mail because the organisers added your account to this session.")
        content = _of_session(session, words=words, action=_("Edit the session"), why=why)
        names = (host.pk, host.user_id)
        put(content, kind=HOST, about=session.pk, names=names, to=host.user, forum=session.forum, now=now)


def write_said_no(invitation: Invitation, *, now: datetime) -> None:
    """Tell those who asked a speaker, the people of the proposal or the hosts of the session, of the no; once a day."""
    for person in _who_asked(invitation):
        with speaking(person.language):
            named = {"name": invitation.name, "title": str(invitation.proposal or invitation.session)}
            words = (
                _("%(name)s will not speak in “%(title)s”") % named,
                _("%(name)s says no to the invitation to speak.") % named,
                [_("You can ask somebody else. If they change their mind, the link in their mail still holds.")],
            )
            if invitation.session is not None:
                why = _("You get this mail because you organise this session.")
                content = _of_session(invitation.session, words=words, action=_("Edit the session"), why=why)
            else:
                assert invitation.proposal is not None  # noqa: S101  a constraint of the table
                content = of_proposal(invitation.proposal, words=words)
            names = (person.pk, f"{now:%Y%m%d}")
            put(content, kind=SAID_NO, about=invitation.pk, names=names, to=person, forum=invitation.forum, now=now)


def _who_asked(invitation: Invitation) -> list[User]:
    if invitation.session is not None:
        return [host.user for host in invitation.session.hosts.select_related("user")]
    assert invitation.proposal is not None  # noqa: S101  a constraint of the table
    return people_of(invitation.proposal)
