"""Notices: a cancelled session tells everybody who has booked it, once, and takes its waiting reminders back."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import QuerySet

from events import outbox
from events.models import Message, Session
from registration import reminders
from registration.letters import Letters, known_language
from registration.models import Booking

KIND = "cancelled"


def cancelled_sessions(*, now: datetime) -> QuerySet[Session]:
    """Return the cancelled sessions of public forums that have not begun."""
    cancelled = Session.objects.filter(state=Session.State.CANCELLED, forum__is_public=True, starts__gt=now)
    return cancelled.select_related("forum")


def due_bookings(session: Session) -> QuerySet[Booking]:
    """Return the bookings of a cancelled session whose people have not been told.

    Those who stopped the reminders are told too: they would stand before a closed door.
    """
    assert session.starts is not None  # noqa: S101
    return reminders.without_mail(
        reminders.mailable(session.bookings.all()),
        before="cancelled:booking:",
        after=f":{reminders.stamp(session.starts)}",
    )


def _messages(bookings: Sequence[Booking], *, letters: Letters, now: datetime) -> Iterator[Message]:
    for booking in bookings:
        person = booking.registration
        letter = letters.letter(language=person.language, zone=person.time_zone)
        yield Message(
            kind=KIND,
            dedupe_key=booking.key,  # type: ignore[attr-defined]  # from `without_mail`
            user_id=person.user_id,
            to=person.user.email,
            language=known_language(person.language),
            subject=outbox.one_line(letter.subject),
            text=letter.text,
            html=letter.html,
            calendar=letters.calendar,
            queue=Message.Queue.BULK,
            due=now,
            expires=letters.session.starts,
            forum_id=letters.session.forum_id,
        )


def _queue_session(session: Session, *, now: datetime) -> int:
    assert session.starts is not None  # noqa: S101
    letters: Letters | None = None
    written = last = 0
    bookings = reminders.with_person(due_bookings(session))
    while chunk := list(bookings.filter(pk__gt=last)[: reminders.CHUNK]):
        letters = letters or Letters(session, name="cancelled")
        outbox.write_many(list(_messages(chunk, letters=letters, now=now)))
        outbox.cancel_waiting(
            reminders.key(booking.pk, minutes=minutes, starts=session.starts)
            for booking in chunk
            for minutes in session.forum.reminder_minutes
        )
        written += len(chunk)
        last = chunk[-1].pk
    return written


def queue_notices(now: datetime) -> int:
    """Write a notice for every booking of a cancelled session into the outbox; return how many."""
    return sum(_queue_session(session, now=now) for session in cancelled_sessions(now=now))


@outbox.recheck(KIND)
def _unwanted(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the booking is gone, the registration withdrawn, the session takes place after all, or moved."""
    named = reminders.named_bookings(messages)
    bookings = reminders.mailable(Booking.objects.filter(pk__in=[booking for booking, _start in named.values()]))
    cancelled = bookings.filter(session__state=Session.State.CANCELLED, session__starts__gt=now)
    starts_of = cancelled.values_list("pk", "session__starts")
    wanted = {(pk, reminders.stamp(starts)) for pk, starts in starts_of if starts}
    return {pk for pk, name in named.items() if name not in wanted}
