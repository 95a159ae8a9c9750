"""A person's agenda: what is booked, by day in a chosen time zone, what overlaps, and what was attended."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby, takewhile
from math import ceil
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, QuerySet, Value
from django.db.models.fields.json import KT
from django.utils.translation import gettext as _

from events.models import Forum, Session
from events.schedule.releases import change_log, releases
from events.shared.formatting.lengths import length_of
from events.shared.formatting.names import listed, session_text
from events.shared.once_a_revision import once_a_revision
from registration.models import Attendance, Booking, ParticipationCertificate, Registration
from registration.people.accounts.access import ACTIVE
from registration.sessions.agenda.unsubscribing import refuses_reminders
from registration.sessions.attendance import minutes
from registration.sessions.attendance.minutes import UNKNOWN, Attended
from registration.sessions.seats.my_seat import is_waiting

_held = ParticipationCertificate.objects.filter(user=OuterRef("user"), rule__forum=OuterRef("forum"), withdrawn=None)
# Those who take part, each with what the page of an agenda says of its person.
_asked = ACTIVE.only("forum", "user", "name", "time_zone", "wants_reminders", "link_seed")
FOR_AGENDA: Any = _asked.annotate(
    refuses_reminders=refuses_reminders(), is_waiting=is_waiting(), has_certificate=Exists(_held)
)


class BookingClash(NamedTuple):
    """Another booked session that runs at the same time; `is_next`: it is the row below."""

    title: str
    minutes: int
    is_next: bool


class AgendaSession(NamedTuple):
    """A session that is ahead, as it is at the moment of the page."""

    session: Session
    organisers: str
    day: date
    clashes: list[BookingClash]
    is_live: bool
    can_join: bool
    is_hidden: bool  # under embargo


class AgendaDay(NamedTuple):
    date: date
    is_today: bool
    is_tomorrow: bool
    rows: list[AgendaSession]


class Past(NamedTuple):
    """A session that was attended, and for how long in words."""

    session: Session
    length: str


class Agenda(NamedTuple):
    """`attended_words`: how long all that was attended took."""

    days: list[AgendaDay]
    without_time: list[Session]
    attended: list[Past]
    missed: list[Session]
    attended_words: str

    @property
    def ahead(self) -> int:
        """Sessions that will take place: cancelled ones stand in the days but do not count."""
        return sum(row.session.state == Session.State.SCHEDULED for day in self.days for row in day.rows)


def chosen_zone(wanted: str, *, registration: Registration) -> ZoneInfo:
    """Return the forum's zone when its name is asked for, else the person's own; nothing else counts."""
    forum = registration.forum
    return forum.zone if wanted == forum.time_zone else ZoneInfo(registration.time_zone)


def reminder_words(minutes: Sequence[int]) -> str:
    """Return when reminders go out, the earliest first: “1 day and 1 hour”; empty where there are none."""
    lengths = [length_of(one) for one in sorted(minutes, reverse=True)]
    if len(lengths) < 2:
        return "".join(lengths)
    return _("%(lengths)s and %(last)s") % {"lengths": _(", ").join(lengths[:-1]), "last": lengths[-1]}


# What the pages of an agenda show of a session: its description and the like are long, and stay in the database.
SHOWN = (
    *("code", "title", "starts", "ends", "state", "embargoed_until", "recording_url"),
    *("languages", "captioning", "interpretation", "broadcast_url", "forum_id", "room__name", "room__translations"),
)


class Shown(NamedTuple):
    """A session as pages of an agenda show it, the same for everybody: with the names of its organisers in one line."""

    session: Session
    organisers: str


_NAMED: Any = (  # each session once for each of its organisers
    Session.objects.select_related("room")
    .only(*SHOWN)
    .annotate(acronym=F("organisers__acronym"), name=F("organisers__name"))
    .order_by("starts", "pk", "name")
)


def _shown(rows: QuerySet[Any], *, forum: Forum, language: str) -> dict[int, Shown]:
    """Sessions (of `_NAMED`) by their keys, with their titles in a language. One query."""
    found = {}
    titled = rows.annotate(local_title=KT(f"translations__{language}__title"))  # None where there is none
    for key, same in groupby(titled, key=lambda row: row.pk):
        session, *others = same
        names = [row.acronym or row.name for row in (session, *others) if row.name]
        session.translations, session.forum = {language: {"title": session.local_title}}, forum
        found[key] = Shown(session, listed(names))
    return found


@once_a_revision
def _released(forum: Forum, language: str) -> dict[int, Shown]:
    """All that releases have shown of a forum, those under embargo too."""
    return _shown(_NAMED.released().filter(forum=forum), forum=forum, language=language)


def sessions_of(keys: Collection[int], *, forum: Forum, language: str) -> list[Shown]:
    """Sessions of a forum by their keys, in order of start. No query besides `_released`, one where some of them are off the
    programme."""
    known = _released(forum, language) if keys else {}
    if missing := set(keys) - known.keys():
        known = known | _shown(_NAMED.filter(pk__in=missing), forum=forum, language=language)
    found = [known[key] for key in keys if key in known]
    return sorted(found, key=lambda one: (one.session.starts is None, one.session.starts, one.session.pk))


_CODES: Any = ACTIVE.values_list("bookings__session__code", flat=True)


def booked_codes(user: Any, *, forum: Forum) -> list[str] | None:
    """The codes of the sessions that a person has booked; None for somebody who takes no part. One query, none for a visitor."""
    if not user.is_authenticated:
        return None
    codes = list(_CODES.filter(user=user.pk, forum=forum.pk))
    return [code for code in codes if code] if codes else None


# The keys of the sessions that people have booked, and of those that they have attended.
_BOOKED: Any = Booking.objects.order_by().values_list("session", Value(True))
_ATTENDED: Any = Attendance.objects.order_by().values_list("session", Value(False))


def _mine(registration: Registration) -> tuple[set[int], set[int]]:
    """The keys of the sessions that a person has booked, and of those that they have attended. One query."""
    own = {"registration": registration.pk}
    rows = list(_BOOKED.filter(**own).union(_ATTENDED.filter(**own), all=True).order_by())
    return {key for key, is_booking in rows if is_booking}, {key for key, is_booking in rows if not is_booking}


def next_session(registration: Registration, *, now: datetime) -> Session | None:
    """Return the next session that a person has booked and that is not over yet; None where there is none. One query."""
    taking_place = registration.forum.sessions.filter(state=Session.State.SCHEDULED, ends__gt=now)
    found = taking_place.filter(bookings__registration=registration).order_by("starts", "pk").first()
    if found:
        found.forum = registration.forum
    return found


def booked_sessions(registration: Registration) -> list[Session]:
    """Return the sessions a person has booked, in order of start, with all that a calendar says of them."""
    rows = registration.bookings.select_related("session__type", "session__room", "session__track").prefetch_related(
        "session__organisers", "session__action_lines"
    )
    sessions = [row.session for row in rows.order_by("session__starts", "pk")]
    for session in sessions:
        session.forum = registration.forum
    return sessions


def calendar_sessions(registration: Registration) -> list[Session]:
    """Return the booked sessions that a calendar has, in order of booked start: what a release took off the programme is
    cancelled where it stood last, or calendars would keep it. One query more where there is such a one."""
    booked = booked_sessions(registration)
    off = {session.code for session in booked if session.state == Session.State.DRAFT}
    for code, entry in (releases.taken_off(registration.forum, off) if off else {}).items():
        session, spot = next(session for session in booked if session.code == code), change_log.spot(entry)
        session.starts, session.ends, session.state = spot.starts, spot.ends, Session.State.CANCELLED
    return [session for session in booked if session.starts and session.state != Session.State.DRAFT]


def agenda(registration: Registration, *, zone: ZoneInfo, language: str, now: datetime) -> Agenda:
    """Return a person's agenda at a moment, its times in `zone`. One query, and one more where sessions were attended."""
    own, seen = _mine(registration)
    mine = sessions_of(own | seen, forum=registration.forum, language=language)
    booked = [one for one in mine if one.session.pk in own]
    attended = [one.session for one in mine if one.session.pk in seen]
    over = [one.session for one in booked if one.session.is_over(now) and one.session.pk not in seen]
    lengths = _lengths(registration, now=now) if attended else {}
    known = [lengths.get(session.pk, UNKNOWN) for session in attended]
    return Agenda(
        days=_days([one for one in booked if one.session.starts and not one.session.is_over(now)], zone=zone, now=now),
        without_time=[one.session for one in booked if one.session.starts is None],
        attended=[
            Past(session, attended_words([one], forum=registration.forum))
            for session, one in zip(attended, known, strict=True)
        ],
        missed=[session for session in over if session.state == Session.State.SCHEDULED],
        attended_words=attended_words(known, forum=registration.forum),
    )


def _lengths(registration: Registration, *, now: datetime) -> dict[int, Attended]:
    found = minutes.of_people(registration.forum, now=now, user=registration.user_id)
    return found.get(registration.pk, {})


def attended_words(lengths: Sequence[Attended], *, forum: Forum) -> str:
    """Return for how long sessions were attended, as far as it is known: “1 h 5 min”, “at least 0 h 40 min”, “time not known”."""
    if all(one.is_unknown for one in lengths):
        return _("time not known")
    hours, rest = divmod(sum(one.seconds for one in lengths) // 60, 60)
    words = _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}
    if not any(one.is_open for one in lengths):
        return words
    if forum.open_stays_count:
        return _("%(time)s, to the end where nobody saw you leave") % {"time": words}
    return _("at least %(time)s") % {"time": words}


def shared_minutes(one: Session, other: Session) -> int:
    """For how many minutes (rounded up) two sessions run at the same time; what does not take place never does."""
    if one.state != Session.State.SCHEDULED or other.state != Session.State.SCHEDULED:
        return 0
    assert one.starts and one.ends and other.starts and other.ends  # noqa: S101, PT018  the database lets it have no less
    shared = min(one.ends, other.ends) - max(one.starts, other.starts)
    return max(ceil(shared / timedelta(minutes=1)), 0)


def clashes_with(session: Session, *, others: Sequence[Session]) -> list[BookingClash]:
    """Return what of some sessions runs at the same time as one (that stands above them, or is about to be booked)."""
    shared = [(place, other, shared_minutes(session, other)) for place, other in enumerate(others)]
    return [
        BookingClash(session_text(other), minutes, is_next=place == 0) for place, other, minutes in shared if minutes
    ]


def _begun_before_the_end(session: Session, later: Sequence[Session]) -> list[Session]:
    """Return the later sessions that begin before one ends: not every pair of a long agenda is compared."""
    end = session.ends
    return list(takewhile(lambda other: bool(end and other.starts and other.starts < end), later))


def _days(ahead: Sequence[Shown], *, zone: ZoneInfo, now: datetime) -> list[AgendaDay]:
    today = now.astimezone(zone).date()
    sessions = [one.session for one in ahead]
    rows = [
        AgendaSession(
            session=session,
            organisers=ahead[place].organisers,
            day=max(session.starts.astimezone(zone).date(), today),  # what runs since yesterday is on today
            clashes=clashes_with(session, others=_begun_before_the_end(session, sessions[place + 1 :])),
            is_live=session.is_live(now),
            can_join=session.is_join_open(now),
            is_hidden=session.is_under_embargo(now),
        )
        for place, session in enumerate(sessions)
        if session.starts
    ]
    return [
        AgendaDay(date=day, is_today=day == today, is_tomorrow=day == today + timedelta(days=1), rows=list(group))
        for day, group in groupby(rows, key=lambda row: row.day)
    ]
