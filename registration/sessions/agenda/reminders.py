"""Reminders before booked sessions: what is due is a question to the rows at this moment.

A reminder's key names the booking and the start it speaks of. So a moved session gets new reminders, and a cancelled
one none, without any clean-up; and two sweeps at once write each reminder once.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from events.models import Forum, Message, Session
from events.shared.formatting.times import stamp
from events.shared.jobs.sweeps import Sweep
from events.shared.mail import hooks, outbox, refused_kinds
from events.shared.mail.hooks import MailKind
from events.shared.mail.rendering import outbox_row
from registration.models import Booking, Registration
from registration.sessions.agenda import unsubscribing
from registration.sessions.agenda.reminder_mails import ReminderMails

KIND = unsubscribing.REMINDER
REMINDERS = Sweep("reminders", gettext_lazy("Reminders before sessions"), longest=timedelta(minutes=5), is_shared=True)


def due_minutes(minutes: Sequence[int], *, starts: datetime, now: datetime) -> int | None:
    """Return which reminder of a session is due, in minutes before its start; None: none.

    Due from `starts - minutes` until the start. Of several, only the latest: after an outage nobody
    is told an hour before that the session is tomorrow.
    """
    left = starts.astimezone(UTC) - now.astimezone(UTC)  # real time, whatever the clocks do in between
    if left <= timedelta():
        return None
    return min((m for m in minutes if left <= timedelta(minutes=m)), default=None)


def due_sessions(forum: Forum, *, now: datetime) -> list[tuple[Session, int]]:
    """Return the scheduled sessions of a forum that have a reminder due, with its minutes."""
    times = forum.reminder_minutes
    until = now + timedelta(minutes=max(times, default=0))
    sessions = forum.sessions.filter(state=Session.State.SCHEDULED, starts__gt=now, starts__lte=until)
    found = [(s, due_minutes(times, starts=s.starts, now=now)) for s in sessions if s.starts]
    return [(session, minutes) for session, minutes in found if minutes is not None]


def due_bookings(session: Session, *, minutes: int) -> QuerySet[Booking]:
    """Return the bookings that are to get the reminder `minutes` before and have not got it.

    Whoever booked after that moment gets no late reminder.
    """
    assert session.starts is not None  # noqa: S101
    moment = session.starts - timedelta(minutes=minutes)
    people = refused_kinds.accepting(_remindable(), key=KIND)
    wanted = session.bookings.filter(created__lte=moment, registration__in=people)
    return outbox.without_mail(wanted, before=f"reminder-{minutes}:booking:", after=f":{stamp(session.starts)}")


def _remindable() -> QuerySet[Registration]:
    return Registration.objects.mailable().filter(wants_reminders=True)


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    return [MailKind(KIND, gettext_lazy("Reminders before sessions in my agenda"), frozenset({KIND}))]


def _messages(bookings: Sequence[Booking], *, mails: ReminderMails, now: datetime) -> Iterator[Message]:
    for booking in bookings:
        person = booking.registration
        url = unsubscribing.address(person.pk, language=person.language)
        yield outbox_row(
            mails.mail(person.language, person.time_zone, person.comes).for_address(url),
            kind=KIND,
            key=booking.key,  # type: ignore[attr-defined]  # from `without_mail`
            about=booking.pk,
            to=person.user,
            language=person.language,
            forum=mails.session.forum,
            calendar=mails.calendar,
            unsubscribe_url=url,
            due=now,
            expires=mails.session.starts,
        )


def queue_reminders(now: datetime) -> int:
    """Write every reminder that is due into the outbox, a thousand a transaction; return how many."""
    needed = ["session", "registration__user__email"]
    needed += [f"registration__{name}" for name in ("language", "time_zone", "mode", "kind__mode")]

    def remind(one: tuple[Session, int]) -> int:
        session, minutes = one
        bookings = due_bookings(session, minutes=minutes).select_related("registration__user", "registration__kind")
        due = bookings.only(*needed)
        return outbox.write_chunks(due, make=partial(_messages, mails=ReminderMails(session, now=now), now=now))

    forums = Forum.objects.public().filter(sessions__starts__gt=now).distinct()
    found = REMINDERS.each(
        forums,
        lambda forum: list(due_sessions(forum, now=now)),
        now=now,
        key=lambda forum: f"forum {forum.pk}",
        is_whole=False,
    )
    due = [one for sessions in found for one in sessions]
    return sum(
        REMINDERS.each(
            due,
            remind,
            now=now,
            key=lambda one: f"{one[0].pk}:{one[1]}",
            forum=lambda one: one[0].forum_id,
            is_whole=False,
        )
    )


@hooks.unwanted(KIND)
def _unwanted(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the booking is gone or withdrawn, reminders were stopped, the session moved, ended or cancelled. Whether a
    person refuses this kind of mails altogether the outbox asks for all kinds."""
    ahead = {"session__state": Session.State.SCHEDULED, "session__starts__gt": now}
    wanted = Booking.objects.filter(pk__in=outbox.rows_of(messages), registration__in=_remindable(), **ahead)
    starts = wanted.values_list("pk", "session__starts").order_by()
    return outbox.all_but(messages, starts, by="about expires")  # a reminder expires at the start
