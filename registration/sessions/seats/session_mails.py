"""What reminders, change mails and the calendar say of a session: its name, its times, its address, its calendar entry."""

from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from events.models import Forum, Session
from events.schedule.releases.change_log import ReleasedSpot
from events.shared.formatting import calendar_files
from events.shared.formatting.times import known_zone
from events.shared.mail.rendering import LocalTime, MailLink, local_time
from events.shared.pages.absolute_urls import absolute


def whole_sessions() -> QuerySet[Session]:
    """Sessions with all that a mail says of them."""
    return Session.objects.select_related("forum", "type", "track", "room").prefetch_related("action_lines")


def address(session: Session, *, page: str) -> str:
    return absolute(reverse(page, args=[session.forum.slug, session.code]))


def agenda_link(forum: Forum) -> MailLink:
    return MailLink(_("My agenda"), absolute(reverse("registration:agenda", args=[forum.slug])))


def zones(zone: str, *, forum: Forum) -> list[ZoneInfo]:
    """The zones in which a person is told a time: their own (an IANA name) and, where that is another, the forum's."""
    return list(dict.fromkeys([known_zone(zone, default=forum.zone), forum.zone]))


def local_times(spot: ReleasedSpot | Session, *, zone: str, forum: Forum) -> list[LocalTime]:
    """The time of a session in a person's zone (an IANA name) and, where that is another, the forum's."""
    assert spot.starts is not None  # noqa: S101  a mail speaks of what has a time
    assert spot.ends is not None  # noqa: S101
    own, *others = zones(zone, forum=forum)
    captions = [(own, _("Your time")), *((one, _("The forum’s time")) for one in others)] if others else [(own, "")]
    return [local_time(spot.starts, ends=spot.ends, zone=one, forum=forum, whose=whose) for one, whose in captions]


def calendar_event(session: Session, *, to_door: bool) -> bytes:
    """The session for a calendar. It leads to its page, or to the door: under an embargo nobody finds the page."""
    page = address(session, page="registration:join" if to_door else "events:session")
    return calendar_files.session_event(session, url=page)
