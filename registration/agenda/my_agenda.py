"""A person's agenda: what is booked, by day in a chosen time zone, what overlaps, and what was attended."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby, takewhile
from math import ceil
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import (
    Aggregate,
    Exists,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext as _

from events.formatting.lengths import length_of
from events.formatting.names import listed, session_text
from events.models import Forum, Session
from events.prepared_queries import Prepared, slot
from events.schedule.releases import change_log, releases
from registration.accounts.access import own_rows
from registration.agenda.unsubscribing import refuses_reminders
from registration.attendance import minutes
from registration.attendance.minutes import UNKNOWN, Attended
from registration.models import Attendance, Booking, ParticipationCertificate, Registration
from registration.seats.my_seat import is_waiting


def _own() -> QuerySet[Any]:
    held = ParticipationCertificate.objects.filter(user=OuterRef("user"), rule__forum=OuterRef("forum"), withdrawn=None)
    told = {"refuses_reminders": refuses_reminders(), "is_waiting": is_waiting(), "has_certificate": Exists(held)}
    return own_rows().annotate(**told)


OWN = Prepared(_own)


class Clash(NamedTuple):
    """Another booked session that runs at the same time; `is_next`: it is the row below."""

    title: str
    minutes: int
    is_next: bool


class Row(NamedTuple):
    """A session that is ahead, as it is at the moment of the page."""

    session: Session
    organisers: str
    day: date
    clashes: list[Clash]
    is_live: bool
    can_join: bool
    is_hidden: bool  # under embargo


class Day(NamedTuple):
    date: date
    is_today: bool
    is_tomorrow: bool
    rows: list[Row]


class Past(NamedTuple):
    """A session that was attended, and for how long in words."""

    session: Session
    length: str


class Agenda(NamedTuple):
    """`attended_words`: how long all that was attended took."""

    days: list[Day]
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
    *("code", "title", "starts", "ends", "state", "captioning", "embargoed_until", "recording_url"),
    *("forum_id", "room__name", "room__translations"),
)


class Mine(NamedTuple):
    """A session of one person: the names of its organisers in one line, and what the person did about it."""

    session: Session
    organisers: str
    is_booked: bool
    is_attended: bool


def _by_language(sessions: Callable[[], QuerySet[Session]]) -> dict[str, Prepared[Any]]:
    """The query for each language of the site: a session comes with its title in it as `local_title`, None where it has none."""

    def titled(code: str) -> QuerySet[Any]:
        return sessions().annotate(local_title=KT(f"translations__{code}__title"))

    return {code: Prepared(partial(titled, code)) for code, _name in settings.LANGUAGES}


def _read(session: Session, *, forum: Forum, language: str) -> Session:
    """A row that came with its `local_title`, as rules and pages know sessions."""
    session.translations = {language: {"title": session.local_title}}  # type: ignore[attr-defined]
    session.forum = forum
    return session


class _Joined(Aggregate):
    """The words of several rows in one text, a space between them."""

    function, output_field = "STRING_AGG", TextField()
    template = "%(function)s(%(expressions)s, ' ')"

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return super().as_sql(compiler, connection, function="GROUP_CONCAT", **more)


def _with_codes() -> QuerySet[Any]:
    own = Booking.objects.filter(registration=OuterRef("pk")).order_by().values("registration")
    codes = Subquery(own.annotate(codes=_Joined("session__code")).values("codes"))
    return own_rows().only("user", "forum").annotate(codes=codes)


WITH_CODES = Prepared(_with_codes)  # of the registration only what the end of a page's head needs


def _times() -> QuerySet[Any]:
    rows = Session.objects.filter(bookings__registration=slot("registration", int))
    return rows.only("title", "starts", "ends", "state", "forum_id").order_by("starts", "pk")


_TIMES = _by_language(_times)


def booked_times(registration: Registration, *, language: str) -> list[Session]:
    """Return the sessions that a person has booked, in order of start, with their times and their titles in `language`.
    One query."""
    rows = _TIMES[language].all(registration=registration.pk)
    return [_read(one, forum=registration.forum, language=language) for one in rows]


def _mine() -> QuerySet[Any]:
    mine, here = slot("registration", int), OuterRef("pk")
    booked = Booking.objects.filter(registration=mine).order_by()
    attended = Attendance.objects.filter(registration=mine).order_by()
    rows = Session.objects.filter(pk__in=booked.values("session").union(attended.values("session"))).annotate(
        is_booked=Exists(booked.filter(session=here)),
        is_attended=Exists(attended.filter(session=here)),
        organiser=Coalesce(NullIf("organisers__acronym", Value("")), "organisers__name"),
    )
    return rows.select_related("room").only(*SHOWN).order_by("starts", "pk", "organisers__name")


_MINE = _by_language(_mine)


def my_sessions(registration: Registration, *, language: str) -> list[Mine]:
    """Return the sessions that a person has booked or attended, in order of start, with what a row of the agenda shows.

    One query: a session comes once for each of its organisers.
    """
    found = []
    for _key, same in groupby(_MINE[language].all(registration=registration.pk), key=lambda row: row.pk):
        first, *others = same
        names = [row.organiser for row in (first, *others) if row.organiser]
        session = _read(first, forum=registration.forum, language=language)
        found.append(Mine(session, listed(names), first.is_booked, first.is_attended))
    return found


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
    mine = my_sessions(registration, language=language)
    booked = [one for one in mine if one.is_booked]
    attended = [one.session for one in mine if one.is_attended]
    over = [one.session for one in booked if one.session.is_over(now) and not one.is_attended]
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


def clashes_with(session: Session, *, others: Sequence[Session]) -> list[Clash]:
    """Return what of some sessions runs at the same time as one (that stands above them, or is about to be booked)."""
    shared = [(place, other, shared_minutes(session, other)) for place, other in enumerate(others)]
    return [Clash(session_text(other), minutes, is_next=place == 0) for place, other, minutes in shared if minutes]


def _begun_before_the_end(session: Session, later: Sequence[Session]) -> list[Session]:
    """Return the later sessions that begin before one ends: not every pair of a long agenda is compared."""
    end = session.ends
    return list(takewhile(lambda other: bool(end and other.starts and other.starts < end), later))


def _days(ahead: Sequence[Mine], *, zone: ZoneInfo, now: datetime) -> list[Day]:
    today = now.astimezone(zone).date()
    sessions = [one.session for one in ahead]
    rows = [
        Row(
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
        Day(date=day, is_today=day == today, is_tomorrow=day == today + timedelta(days=1), rows=list(group))
        for day, group in groupby(rows, key=lambda row: row.day)
    ]
