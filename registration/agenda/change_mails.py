"""After a release: everybody who booked a session that moved, was cancelled, left the programme or came back to it
gets one mail with all of it.

The only way in which attendees are told of changes (a cancellation too: it is public with a release, not before). The
rows are written in chunks, each with a key that can exist once; `Release.told` is set when nobody is left. So a worker
that is killed in between costs nothing: the next sweep goes on with those who have no row. What is the same for many
is made once: the frame for each language, a time for each language and zone, a calendar event for each session.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events import hooks
from events.formatting import calendar_files
from events.formatting.names import known_language, term
from events.formatting.times import known_zone
from events.mail import outbox
from events.mail.outbox import one_line
from events.mail.rendering import Content, Link, LocalTime, Rendered, local_time, outbox_row, render, speaking
from events.models import Forum, Message, Release, Session
from events.pages.absolute_urls import absolute
from events.schedule.releases import change_log, diff
from events.schedule.releases.change_log import Spot
from events.schedule.releases.diff import Change, Kind
from registration.agenda import reminders
from registration.models import Booking, Registration

KIND = "changed"
CHUNK = 1000
PARTS = "[[parts]]"  # stands in a rendered frame where the person's sessions are put …
SUBJECT = "[[subject]]"  # … and the subject


@dataclass(frozen=True)
class Fact:
    """What a release did to one session, in one word and two places; `after` is None when it is off the programme."""

    kind: str
    before: Spot
    after: Spot | None

    @property
    def now(self) -> Spot:
        """The place to speak of first: of a session that is cancelled the one that people booked."""
        return self.before if self.kind == Kind.CANCELLED or self.after is None else self.after

    @property
    def ends(self) -> datetime:
        return max(self.before.ends, self.now.ends)


def facts(log: Iterable[Change], *, now: datetime) -> dict[str, Fact]:
    """What attendees are told of a release, by session code: its last word on each, without what is over."""
    found: dict[str, Fact] = {}
    for change in log:
        if change.kind in diff.TOLD and change.before is not None:
            after = change_log.spot(change.after) if change.after else None
            found[change.code] = Fact(
                change.kind, change_log.spot(change.before), after
            )  # a new state comes after a move
    return {code: fact for code, fact in found.items() if fact.ends > now}


def log_of(release: Release) -> list[Change]:
    """A release's changes as attendees see them: a session that comes back after it was off the programme, new to the
    release but booked before it, takes place after all. At most one query."""
    log = diff.from_json(release.changes)
    new = [change.code for change in log if change.kind == Kind.NEW and (change.after or {})["state"] == "scheduled"]
    if not new:
        return log
    known = Booking.objects.filter(session__forum=release.forum_id, session__code__in=new, created__lt=release.released)
    back = set(known.values_list("session__code", flat=True))
    return [
        replace(change, kind=Kind.RESTORED, before=change.after) if change.code in back else change for change in log
    ]


def untold() -> QuerySet[Release]:
    """The releases of public forums whose attendees have not all been told, the oldest first."""
    return Release.objects.filter(told=None, forum__is_public=True).order_by("released", "pk")


def tell(now: datetime) -> int:
    """Write the mails of all releases that are not told yet into the outbox; return how many."""
    found = untold().select_related("forum").defer("timetable")
    return sum(_tell(release, now=now) for release in found)


def _tell(release: Release, *, now: datetime) -> int:
    mails = ChangeMails(release.forum, facts=facts(log_of(release), now=now), now=now)
    written = last = 0
    while True:
        with transaction.atomic():
            # Two workers take turns, chunk by chunk, and none writes what the other has written.
            locked = Release.objects.select_for_update().only("told").get(pk=release.pk)
            if locked.told is not None:
                return written
            people = list(_people(release, sessions=mails.keys, after=last)[:CHUNK])
            if not people:
                Release.objects.filter(pk=release.pk).update(told=now)
                return written
            _write(people, release=release, mails=mails, now=now)
        written += len(people)
        last = people[-1].pk


def mailable(people: QuerySet[Registration]) -> QuerySet[Registration]:
    """Leave those who take part; sample people get mail only while it goes into files (as `reminders.mailable`)."""
    people = people.filter(withdrawn__isnull=True, user__is_active=True)
    return people.filter(is_sample=False) if settings.EMAIL_URL else people


def _people(release: Release, *, sessions: Sequence[int], after: int) -> QuerySet[Registration]:
    """Those who booked one of the sessions and have no row of this release."""
    booked = Booking.objects.filter(registration=OuterRef("pk"), session__in=sessions)
    people = mailable(Registration.objects.filter(forum=release.forum, pk__gt=after)).filter(Exists(booked))
    people = outbox.without_mail(people, before=f"release:{release.pk}:")
    return people.select_related("user").only("language", "time_zone", "user__email").order_by("pk")


def _write(people: Sequence[Registration], *, release: Release, mails: "ChangeMails", now: datetime) -> None:
    booked: dict[int, list[str]] = {person.pk: [] for person in people}
    stale = []
    minutes = release.forum.reminder_minutes
    rows = Booking.objects.filter(registration__in=booked, session__in=mails.keys)
    for pk, person, code in rows.values_list("pk", "registration", "session__code"):
        booked[person].append(code)
        fact = mails.facts[code]
        if fact.kind in (Kind.CANCELLED, Kind.REMOVED) or fact.now.starts != fact.before.starts:
            starts = fact.before.starts
            due = [ahead for ahead in minutes if starts - timedelta(minutes=ahead) <= now]  # there are no others yet
            stale += [reminders.key(pk, minutes=ahead, starts=starts) for ahead in due]
    outbox.write_many(list(_messages(people, booked=booked, release=release, mails=mails, now=now)))
    if stale:
        outbox.cancel_waiting(stale)


def _messages(
    people: Sequence[Registration],
    *,
    booked: dict[int, list[str]],
    release: Release,
    mails: "ChangeMails",
    now: datetime,
) -> Iterator[Message]:
    for person in people:
        codes = mails.in_order(booked[person.pk])
        if not codes:  # left all of them in this moment
            continue
        yield outbox_row(
            mails.mail(codes, language=person.language, zone=person.time_zone),
            kind=KIND,
            key=f"release:{release.pk}:{person.pk}",
            about=release.pk,
            to=person.user,
            language=person.language,
            forum=release.forum,
            calendar=mails.calendar(codes),
            due=now,
            expires=max(mails.facts[code].ends for code in codes),
        )


@hooks.after_release()
def _task() -> str:
    return "registration.tasks.tell_of_releases"


@hooks.unwanted(KIND)
def _unwanted(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the person is gone, or has left every session that the mail speaks of."""
    wanted = set()
    for release in Release.objects.filter(pk__in={one.about for one in messages}).defer("timetable"):
        codes = [change.code for change in log_of(release) if change.kind in diff.TOLD]
        told = [one.user_id for one in messages if one.about == release.pk]
        booked = Booking.objects.filter(registration=OuterRef("pk"), session__code__in=codes)
        people = mailable(Registration.objects.filter(forum=release.forum_id, user__in=told)).filter(Exists(booked))
        wanted |= {(release.pk, user) for user in people.values_list("user", flat=True)}
    return {one.pk for one in messages if (one.about, one.user_id) not in wanted}


class ChangeMails:
    """The mails about one release: composed for each person out of parts that are made once."""

    def __init__(self, forum: Forum, *, facts: dict[str, Fact], now: datetime) -> None:
        self.forum = forum
        sessions = Session.objects.filter(forum=forum, code__in=facts)
        whole = sessions.select_related("forum", "type", "track", "room").prefetch_related("texts", "action_lines")
        self.sessions = {session.code: session for session in whole}
        self.hidden = {code for code, session in self.sessions.items() if session.is_under_embargo(now)}
        self.facts = {code: fact for code, fact in facts.items() if code in self.sessions}
        self.keys = [session.pk for session in self.sessions.values()]
        order = sorted(self.facts, key=lambda code: (self.facts[code].now.starts, code))
        self._place = {code: number for number, code in enumerate(order)}
        self._titles = {
            code: {text.language: text.title for text in session.texts.all()} for code, session in self.sessions.items()
        }
        self._times: dict[tuple[datetime, datetime, str, str], LocalTime] = {}
        self._parts: dict[tuple[str, str, str], tuple[str, str]] = {}
        self._frames: dict[tuple[str, int], Rendered] = {}
        self._words: dict[str, dict[str, str]] = {}
        self._events: dict[str, bytes] = {}

    def in_order(self, codes: Iterable[str]) -> list[str]:
        return sorted(codes, key=self._place.__getitem__)

    def mail(self, codes: Sequence[str], *, language: str, zone: str) -> Rendered:
        """The mail about some sessions, in a language of the site and an IANA zone."""
        language = known_language(language)
        if translation.get_language() == language:
            return self._mail(codes, language=language, zone=zone)
        with speaking(language):
            return self._mail(codes, language=language, zone=zone)

    def _mail(self, codes: Sequence[str], *, language: str, zone: str) -> Rendered:
        parts = [self._part(code, language=language, zone=zone) for code in codes]
        subject = self._subject(codes, language=language, zone=zone)
        frame = self._frame(language, len(codes))
        return Rendered(
            subject=one_line(subject),
            text=frame.text.replace(PARTS, "\n\n".join(part for part, _html in parts)),
            html=frame.html.replace(PARTS, "".join(part for _text, part in parts)).replace(SUBJECT, escape(subject)),
        )

    def _title(self, code: str, language: str) -> str:
        return self._titles[code].get(language) or self.sessions[code].title

    def _say(self, language: str) -> dict[str, str]:
        if language not in self._words:
            self._words[language] = {
                Kind.MOVED: _("Moved"),
                Kind.CANCELLED: _("Cancelled"),
                Kind.RESTORED: _("Takes place after all"),
                Kind.REMOVED: _("Off the programme"),
                "now": _("Now:"),
                "before": _("Before:"),
                "room": _("Room:"),
                "room before": _("Room before:"),
                "page": absolute(reverse("events:programme", args=[self.forum.slug])),
            }
        return self._words[language]

    def _subject(self, codes: Sequence[str], *, language: str, zone: str) -> str:
        if len(codes) > 1:
            words = ngettext(
                "%(n)s session of your agenda changed", "%(n)s sessions of your agenda changed", len(codes)
            )
            return words % {"n": len(codes)}
        fact = self.facts[codes[0]]
        time = self._local(fact.now, language=language, zone=zone)[0]
        return _("%(what)s: %(title)s, %(date)s, %(starts)s %(zone)s") % {
            "what": self._say(language)[fact.kind],
            "title": Truncator(self._title(codes[0], language)).chars(90),
            "date": time.date,
            "starts": time.starts,
            "zone": time.zone,
        }

    def _local(self, spot: Spot, *, language: str, zone: str) -> list[LocalTime]:
        """A place's time in the person's zone and, where that is another, the forum's."""
        forum, own = self.forum, known_zone(zone, default=self.forum.zone)
        times = [self._time(spot, language=language, zone=own)]
        if own.key != forum.time_zone:
            times.append(self._time(spot, language=language, zone=forum.zone))
        return times

    def _time(self, spot: Spot, *, language: str, zone: ZoneInfo) -> LocalTime:
        """Sessions side by side share it: it is made once for each time."""
        key = (spot.starts, spot.ends, language, zone.key)
        if key not in self._times:
            self._times[key] = local_time(spot.starts, ends=spot.ends, zone=zone, forum=self.forum)
        return self._times[key]

    def _part(self, code: str, *, language: str, zone: str) -> tuple[str, str]:
        """One session in text and in HTML, made once for each language and zone."""
        key = (code, language, zone)
        if key not in self._parts:
            self._parts[key] = self._made_part(code, language=language, zone=zone)
        return self._parts[key]

    def _made_part(self, code: str, *, language: str, zone: str) -> tuple[str, str]:
        """Plain strings: a template for each would cost most of the time."""
        fact, words, title = self.facts[code], self._say(language), self._title(code, language)
        url = f"{words['page']}{code}/"
        rows, rooms = [("", fact.now)], [(words["room"], term(fact.now.room))]
        if fact.kind == Kind.MOVED and (fact.now.starts, fact.now.ends) != (fact.before.starts, fact.before.ends):
            rows = [(words["now"], fact.now), (words["before"], fact.before)]
        if fact.kind == Kind.MOVED and fact.now.room != fact.before.room:
            rooms.append((words["room before"], term(fact.before.room)))
        text = [f"{words[fact.kind]}: {title}"]
        html = [
            f'<p class="stopped">{escape(words[fact.kind])}</p><h1 dir="auto">{escape(title)}</h1>',
            '<table role="presentation">',
        ]
        for name, spot in rows:
            for time in self._local(spot, language=language, zone=zone):
                text.append(f"{name} {time.date}, {time.starts}–{time.ends} {time.zone}".strip())
                html.append(
                    f'<tr><td class="time">{escape(name)} {time.starts}–{time.ends}'
                    f"<small><bdi>{escape(time.zone)}</bdi></small></td><td>{escape(time.date)}</td></tr>"
                )
        html.append("</table>")
        for name, room in rooms:
            if room:
                text.append(f"{name} {room}")
                html.append(f"<p>{escape(name)} <bdi>{escape(room)}</bdi></p>")
        if fact.kind != Kind.REMOVED and code not in self.hidden:  # an embargo: nobody finds its page
            text.append(url)
            html.append(f'<p><a href="{escape(url)}">{escape(url)}</a></p>')
        return "\n".join(text), "".join(html)

    def _frame(self, language: str, number: int) -> Rendered:
        key = (language, number)
        if key not in self._frames:
            self._frames[key] = render(self._content(number), sender=self.forum.name)
        return self._frames[key]

    def _content(self, number: int) -> Content:
        slug = self.forum.slug
        lead = ngettext("A session of your agenda changed.", "%(number)s sessions of your agenda changed.", number) % {
            "number": number
        }
        return Content(
            subject=SUBJECT,
            lead=f"{lead} {_('The calendar file with this mail has the changes.')}",
            heading="",
            own_text=PARTS,
            own_html=PARTS,
            action=Link(_("My agenda"), absolute(reverse("registration:agenda", args=[slug]))),
            links=[Link(_("All changes of the programme"), absolute(reverse("events:releases", args=[slug])))],
            why=ngettext(
                "You get this mail because the session is in your agenda.",
                "You get this mail because the sessions are in your agenda.",
                number,
            ),
        )

    # --- the calendar file ------------------------------------------------------------------------
    def calendar(self, codes: Sequence[str]) -> str:
        return calendar_files.calendar(map(self._event, codes), name=self.forum.name).decode()

    def _event(self, code: str) -> bytes:
        """The session as it is now, with its SEQUENCE; one that is not held as cancelled at the time that was booked."""
        if code not in self._events:
            session, fact = self.sessions[code], self.facts[code]
            if session.state != Session.State.SCHEDULED:
                session.starts, session.ends = fact.now.starts, fact.now.ends
                session.state = Session.State.CANCELLED
            address = "registration:join" if code in self.hidden else "events:session"
            page = absolute(reverse(address, args=[self.forum.slug, code]))
            self._events[code] = calendar_files.session_event(session, base_url=settings.BASE_URL, url=page)
        return self._events[code]
