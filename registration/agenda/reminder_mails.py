"""The reminder before a session: rendered once for each language and time zone, however many people it goes to."""

from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.formatting import calendar_files
from events.formatting.names import known_language
from events.formatting.times import known_zone
from events.mail.rendering import OWN_ADDRESS, Content, Link, LocalTime, Rendered, local_time, render, speaking
from events.models import Session
from events.pages.absolute_urls import absolute


class ReminderMails:
    """The reminders of one session. While it is under embargo they lead to the door and not to its page, which nobody
    finds."""

    def __init__(self, session: Session, *, now: datetime) -> None:
        self.pk, self.now = session.pk, now
        self._rendered: dict[tuple[str, str], Rendered] = {}

    @cached_property
    def session(self) -> Session:
        whole = Session.objects.select_related("forum", "type", "track", "room")
        return whole.prefetch_related("texts", "action_lines").get(pk=self.pk)

    @cached_property
    def is_hidden(self) -> bool:
        return self.session.is_under_embargo(self.now)

    @cached_property
    def calendar(self) -> str:
        page = self._address("registration:join" if self.is_hidden else "events:session")
        event = calendar_files.session_event(self.session, base_url=settings.BASE_URL, url=page)
        return calendar_files.calendar([event], name=self.session.forum.name).decode()

    def mail(self, *, language: str, zone: str) -> Rendered:
        """The reminder in a language of the site and an IANA zone."""
        key = (known_language(language), zone)
        if key not in self._rendered:
            with speaking(language):
                self._rendered[key] = render(self._content(*key), sender=self.session.forum.name)
        return self._rendered[key]

    def _content(self, language: str, zone_name: str) -> Content:
        forum = self.session.forum
        titles = {text.language: text.title for text in self.session.texts.all()}
        title = titles.get(language) or self.session.title
        times = self._times(known_zone(zone_name, default=forum.zone))
        subject = _("Reminder: %(short_title)s, %(date)s, %(starts)s %(zone)s")
        minutes = forum.join_opens_minutes
        hint = ngettext(
            "The door opens %(minutes)s minute before the start.",
            "The door opens %(minutes)s minutes before the start.",
            minutes,
        )
        links = [Link(_("My agenda"), absolute(reverse("registration:agenda", args=[forum.slug])))]
        if not self.is_hidden:
            links.insert(0, Link(_("About the session"), self._address("events:session")))
        return Content(
            subject=subject % (times[0]._asdict() | {"short_title": Truncator(title).chars(90)}),
            lead=_("A session of your agenda is coming up."),
            heading=title,
            times=times,
            action=Link(_("Join the session"), self._address("registration:join")),
            hint=hint % {"minutes": minutes},
            links=links,
            why=_("You get this mail because the session is in your agenda."),
            stop=Link(_("Stop the reminders of this forum"), OWN_ADDRESS),
        )

    def _address(self, name: str) -> str:
        return absolute(reverse(name, args=[self.session.forum.slug, self.session.code]))

    def _times(self, zone: ZoneInfo) -> list[LocalTime]:
        session, forum = self.session, self.session.forum
        assert session.starts is not None  # noqa: S101  a scheduled session has both
        assert session.ends is not None  # noqa: S101
        own = local_time(session.starts, ends=session.ends, zone=zone, forum=forum)
        if zone.key == forum.time_zone:
            return [own]
        other = local_time(session.starts, ends=session.ends, zone=forum.zone, forum=forum)
        return [own._replace(whose=_("Your time")), other._replace(whose=_("The forum’s time"))]
