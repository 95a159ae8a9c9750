"""After a release: everybody who booked a session that moved, was cancelled, left the programme or came back to it
gets one mail with all of it. Those whose own session changed get another one in its place (`own_session_mails`).

The only way in which attendees are told of changes (a cancellation too: it is public with a release, not before). The
rows are written in chunks, each with a key that can exist once; `Release.told` is set when nobody is left. So a worker
that is killed in between costs nothing: the next sweep goes on with those who have no row. A reminder of the old time
that still waits is asked again when it is sent (registration.sessions.agenda.reminders).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy, ngettext

from events.models import Message, Release, User
from events.schedule.releases import hooks as schedule_hooks
from events.schedule.releases.hooks import Hearers
from events.shared.jobs.sweeps import Sweep, apart
from events.shared.mail import hooks as mail_hooks
from events.shared.mail import outbox, refused_kinds
from events.shared.mail.hooks import MailKind
from registration.models import Booking, Registration
from registration.sessions.agenda import own_session_mails
from registration.sessions.agenda.change_mail_parts import ChangeMails, facts

KIND = "changed"
NAMED = 200  # people named to who releases
RELEASES = Sweep("releases", gettext_lazy("Mails about releases of the programme"), longest=timedelta(minutes=5))


def tell(now: datetime) -> int:
    """Write the mails of all releases of public forums that are not told yet into the outbox; return to how many people."""
    untold = Release.objects.filter(told=None, forum__is_public=True).order_by("released", "pk")
    due = untold.select_related("forum", "by").defer("timetable")
    return sum(RELEASES.each(due, lambda release: _tell(release, now=now), now=now, is_whole=False))


def _tell(release: Release, *, now: datetime) -> int:
    mails = ChangeMails(release.forum, facts=facts(release, now=now), now=now)
    with apart("mails about sessions of one's own") as tries:
        own = own_session_mails.write(release, booked=mails.facts, tries=tries, now=now)
        written = _tell_booked(release, mails, own=own, now=now)
    Release.objects.filter(pk=release.pk, told=None).update(told=now)
    return written + len(own)


def _tell_booked(
    release: Release, mails: ChangeMails, *, own: list[own_session_mails.SessionOwner], now: datetime
) -> int:
    people = outbox.without_mail(_with_booking(release, mails.facts), before=f"release:{release.pk}:")
    people = people.exclude(user__in=[one.user.pk for one in own if one.user])
    needed = people.select_related("user").only("language", "time_zone", "user__email")
    untold = Release.objects.filter(pk=release.pk, told=None)
    make = partial(_messages, release=release, mails=mails, now=now)
    return outbox.write_chunks(needed, make=make, turn=untold)


@schedule_hooks.who_hears()
def who_hears(release: Release, user: User, now: datetime) -> list[Hearers]:
    """Who would be told of a release: those who booked, and those whose own sessions change. Names for who may read bookings."""
    told = facts(release, now=now)
    own = own_session_mails.people(release, told=own_session_mails.own_facts(release, booked=told, now=now))
    people = _with_booking(release, told).exclude(user__in=[one.user.pk for one in own if one.user])
    number, may_read = people.count(), user.has_perm("registration.view_booking", release.forum)
    rows = list(people.order_by("name", "pk").values_list("name", "user")[:NAMED]) if may_read else []
    booked = ngettext("%(n)s person who booked gets a mail", "%(n)s people who booked get a mail", number)
    speaking = ngettext(
        "%(n)s person who organises it or speaks in it gets a mail",
        "%(n)s people who organise it or speak in it get a mail",
        len(own),
    )
    owners = sorted((one.user.name if one.user else "") or one.address for one in own)
    return [
        Hearers(words % {"n": count}, names, accounts)
        for words, count, names, accounts in (
            (booked, number, [name for name, _key in rows], [key for _name, key in rows]),
            (speaking, len(own), owners[:NAMED] if may_read else [], [one.user.pk for one in own if one.user]),
        )
        if count
    ]


def _with_booking(release: Release, codes: Iterable[str]) -> QuerySet[Registration]:
    booked = Booking.objects.filter(registration=OuterRef("pk"), session__code__in=codes)
    people = Registration.objects.mailable().filter(Exists(booked), forum=release.forum_id)
    return refused_kinds.accepting(people, key=KIND)


def _messages(
    people: Sequence[Registration], *, release: Release, mails: ChangeMails, now: datetime
) -> Iterator[Message]:
    booked: dict[int, list[str]] = defaultdict(list)
    rows = Booking.objects.filter(registration__in=people, session__code__in=mails.facts)
    for pk, code in rows.values_list("registration", "session__code"):
        booked[pk].append(code)
    for person in people:
        codes = mails.in_order(booked[person.pk])
        if codes:  # else the person left all of them in this moment
            yield mails.message(
                codes,
                kind=KIND,
                key=f"release:{release.pk}:{person.pk}",
                release=release,
                to=person.user,
                language=person.language,
                zone=person.time_zone,
                now=now,
            )


@mail_hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    return [MailKind(KIND, gettext_lazy("When a session in my agenda moves or is cancelled"), frozenset({KIND}))]


@schedule_hooks.after_release()
def _task() -> str:
    return "registration.tasks.tell_of_releases"


@mail_hooks.unwanted(KIND)
def _unwanted(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the person is gone, or has left every session that the mail speaks of."""
    wanted = set()
    for release in Release.objects.filter(pk__in={one.about for one in messages}).defer("timetable"):
        told = [one.user_id for one in messages if one.about == release.pk]
        people = _with_booking(release, facts(release, now=now)).filter(user__in=told)
        wanted |= {(release.pk, user) for user in people.values_list("user", flat=True)}
    return outbox.all_but(messages, wanted, by="about user_id")
