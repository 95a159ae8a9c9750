"""The reminder before a session: rendered once for each language and time zone, however many people it goes to."""

from datetime import datetime
from functools import cache, cached_property

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.models import Session
from events.shared.formatting import calendar_files
from events.shared.formatting.names import known_language, local_text, session_text
from events.shared.mail.rendering import OWN_ADDRESS, Content, MailLink, Rendered, render, speaking
from events.shared.mail.texts.originals import original
from registration.sessions.seats import session_mails

IS_COMING = original(
    "reminder",
    gettext_lazy("A reminder before a session"),
    gettext_lazy("Reminder: %(short_title)s, %(date)s, %(starts)s %(zone)s"),
    gettext_lazy("A session of your agenda is coming up."),
)


class ReminderMails:
    """The reminders of one session. While it is under embargo they lead to the door and not to its page, which nobody
    finds."""

    def __init__(self, session: Session, *, now: datetime) -> None:
        self.pk, self.now = session.pk, now
        self.mail = cache(self._mail)

    @cached_property
    def session(self) -> Session:
        return session_mails.whole_sessions().get(pk=self.pk)

    @cached_property
    def is_hidden(self) -> bool:
        return self.session.is_under_embargo(self.now)

    @cached_property
    def calendar(self) -> str:
        event = session_mails.calendar_event(self.session, to_door=self.is_hidden)
        return calendar_files.calendar([event], name=self.session.forum.name).decode()

    def _mail(self, language: str, zone: str, comes: bool = False) -> Rendered:
        """The reminder in a language of the site and an IANA zone; for who comes to the place of the forum the room stands first, and
        then the link."""
        with speaking(language):
            return render(self._content(known_language(language), zone, comes), sender=self.session.forum.name)

    def _content(self, language: str, zone: str, comes: bool) -> Content:
        session, forum = self.session, self.session.forum
        title = session_text(session, language=language)
        times = session_mails.local_times(session, zone=zone, forum=forum)
        words = IS_COMING.said(forum, short_title=Truncator(title).chars(90), **times[0]._asdict())
        minutes = forum.join_opens_minutes
        hint = ngettext(
            "The door opens %(minutes)s minute before the start.",
            "The door opens %(minutes)s minutes before the start.",
            minutes,
        )
        room = self.session.room if comes else None
        if room is not None and not room.is_virtual:
            words["paragraphs"] = [_("Room: %(room)s") % {"room": local_text(room, "name")}, *words["paragraphs"]]
        links = [session_mails.agenda_link(forum)]
        if not self.is_hidden:
            links.insert(0, MailLink(_("About the session"), session_mails.address(session, page="events:session")))
        return Content(
            **words,
            heading=title,
            times=times,
            action=MailLink(_("Join the session"), session_mails.address(session, page="registration:join")),
            hint=hint % {"minutes": minutes},
            links=links,
            why=_("You get this mail because the session is in your agenda."),
            stop=MailLink(_("Stop the reminders of this forum"), OWN_ADDRESS),
        )
