"""The mails to those who edit a session or named its speakers."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import HostedSession, Invitation, Session
from events.proposals.mails import of_proposal
from events.shared.mail.rendering import Content, MailLink, stop_link, tell
from events.shared.mail.texts.originals import Original, original
from events.shared.pages.absolute_urls import absolute

HOST, LATE, SAID_NO = "session-host", "outcome-late", "speaker-said-no"


IS_LATE = original(
    LATE,
    gettext_lazy("A report of a session is late"),
    gettext_lazy("The report of “%(title)s”"),
    gettext_lazy("Your session is over, and its report is not there yet."),
    gettext_lazy(
        "What was discussed, and what was announced, launched, agreed or published? A few sentences are enough."
    ),
)
IS_HOST = original(
    HOST,
    gettext_lazy("Somebody may edit a session"),
    gettext_lazy("You can edit “%(title)s”"),
    gettext_lazy("The organisers of the Forum let you edit this session."),
    gettext_lazy("You can change its text, panellists and documents, and report what came of it afterwards."),
)
NO_SPEAKER = original(
    SAID_NO,
    gettext_lazy("A speaker says no"),
    gettext_lazy("%(name)s will not speak in “%(title)s”"),
    gettext_lazy("%(name)s says no to the invitation to speak."),
    gettext_lazy("You can ask somebody else. If they change their mind, the link in their mail still holds."),
)


def _of_session(
    session: Session, words: Original, *, action: str, why: str, stop: MailLink | None = None, **named: str
) -> Content:
    """A mail on a session, with the address of the page where its hosts edit it. The words may name its `title`, and what
    else is `named`."""
    return Content(
        **words.said(session.forum, title=session.title, **named),
        heading=session.title,
        action=MailLink(action, absolute(reverse("events:hosted", args=[session.forum.slug, session.code]))),
        why=why,
        stop=stop,
    )


def write_late(host: HostedSession, *, session: Session, now: datetime) -> None:
    """Remind a host that a session has no report yet; once."""

    def say() -> Content:
        why = _("You get this mail because you organised this session.")
        return _of_session(session, IS_LATE, action=_("Write the report"), why=why, stop=stop_link())

    tell([host.user], say, kind=LATE, about=session.pk, forum=session.forum, now=now)


def write_host(host: HostedSession, *, session: Session, now: datetime) -> None:
    """Tell an account that it may edit a session; once for each time it is added."""

    def say() -> Content:
        why = _("You get this mail because the organisers added your account to this session.")
        return _of_session(session, IS_HOST, action=_("Edit the session"), why=why)

    tell([host.user], say, kind=HOST, about=session.pk, names=[host.pk], forum=session.forum, now=now)


def write_said_no(invitation: Invitation, *, now: datetime) -> None:
    """Tell those who asked a speaker, the people of the proposal or the hosts of the session, of the no; once a day."""
    session, proposal, name = invitation.session, invitation.proposal, invitation.name
    people = [host.user for host in session.hosts.select_related("user")] if session else proposal.people()  # type: ignore[union-attr]

    def say() -> Content:
        if session is None:
            assert proposal is not None  # noqa: S101  a constraint of the table
            return of_proposal(proposal, NO_SPEAKER, name=name)
        why = _("You get this mail because you organise this session.")
        return _of_session(session, NO_SPEAKER, action=_("Edit the session"), why=why, name=name)

    day = f"{now:%Y%m%d}"
    tell(people, say, kind=SAID_NO, about=invitation.pk, names=[day], forum=invitation.forum, now=now)
