"""After a release: everybody who booked a session that moved, was cancelled, left the programme or came back to it
gets one mail with all of it.

The only way in which attendees are told of changes (a cancellation too: it is public with a release, not before). The
rows are written in chunks, each with a key that can exist once; `Release.told` is set when nobody is left. So a worker
that is killed in between costs nothing: the next sweep goes on with those who have no row. A reminder of the old time
that still waits is asked again when it is sent (registration.agenda.reminders).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy

from events import hooks
from events.hooks import MailKind
from events.mail import outbox, refused_kinds
from events.mail.rendering import outbox_row
from events.models import Message, Release
from events.schedule.releases import change_log, diff
from events.schedule.releases.diff import Kind
from registration.agenda.change_mail_parts import ChangeMails, Fact
from registration.models import Booking, Registration

KIND = "changed"


def facts(release: Release, *, now: datetime) -> dict[str, Fact]:
    """What attendees are told of a release, by session code: its last word on each, without what is over.

    A session that comes back after it was off the programme, new to the release but booked before it, takes place after
    all. At most one query.
    """
    log = diff.from_json(release.changes)
    new = [one.code for one in log if one.kind == Kind.NEW and one.after and one.after["state"] == "scheduled"]
    booked = Booking.objects.filter(session__forum=release.forum_id, session__code__in=new)
    back = set(booked.filter(created__lt=release.released).values_list("session__code", flat=True))
    found = {}
    for change in log:  # a new state comes after a move
        kind, before = change.kind, change.before
        if change.code in back and kind == Kind.NEW:
            kind, before = Kind.RESTORED, change.after
        if kind in diff.TOLD and before is not None:
            after = change_log.spot(change.after) if change.after else None
            found[change.code] = Fact(kind, change_log.spot(before), after)
    return {code: fact for code, fact in found.items() if fact.ends > now}


def tell(now: datetime) -> int:
    """Write the mails of all releases of public forums that are not told yet into the outbox; return to how many people."""
    untold = Release.objects.filter(told=None, forum__is_public=True).order_by("released", "pk")
    return sum(_tell(release, now=now) for release in untold.select_related("forum").defer("timetable"))


def _tell(release: Release, *, now: datetime) -> int:
    mails = ChangeMails(release.forum, facts=facts(release, now=now), now=now)
    people = outbox.without_mail(_with_booking(release, mails.facts), before=f"release:{release.pk}:")
    needed = people.select_related("user").only("language", "time_zone", "user__email")
    untold = Release.objects.filter(pk=release.pk, told=None)
    make = partial(_messages, release=release, mails=mails, now=now)
    written = outbox.write_chunks(needed, make=make, turn=untold)
    untold.update(told=now)
    return written


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


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    return [MailKind(KIND, gettext_lazy("When a session in my agenda moves or is cancelled"), frozenset({KIND}))]


@hooks.after_release()
def _task() -> str:
    return "registration.tasks.tell_of_releases"


@hooks.unwanted(KIND)
def _unwanted(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the person is gone, or has left every session that the mail speaks of."""
    wanted = set()
    for release in Release.objects.filter(pk__in={one.about for one in messages}).defer("timetable"):
        told = [one.user_id for one in messages if one.about == release.pk]
        people = _with_booking(release, facts(release, now=now)).filter(user__in=told)
        wanted |= {(release.pk, user) for user in people.values_list("user", flat=True)}
    return {one.pk for one in messages if (one.about, one.user_id) not in wanted}
