"""Mails about places from a waiting list: one was given, one is kept until a moment, one was not taken in time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Message, Session
from events.shared.formatting import calendar_files
from events.shared.formatting.names import session_text
from events.shared.formatting.times import stamp
from events.shared.mail import hooks, outbox
from events.shared.mail.hooks import MailKind
from events.shared.mail.rendering import Content, MailLink, put, speaking
from events.shared.mail.texts.originals import original
from registration.accreditation import place_links
from registration.models import Booking, Registration, Waiting
from registration.sessions.seats import kind_mails, session_mails

GIVEN, OFFERED, OVER = "seat-given", "seat-offered", "seat-over"
IS_GIVEN = original(
    GIVEN,
    gettext_lazy("A place in a session is given"),
    gettext_lazy("You have a place: %(title)s"),
    gettext_lazy("A place became free, and it is yours. The session is in your agenda."),
)
IS_OFFERED = original(
    OFFERED, gettext_lazy("A place in a session is kept for somebody"), kind_mails.IS_FREE, kind_mails.IS_KEPT
)
IS_OVER = original(
    OVER,
    gettext_lazy("A place in a session was not taken in time"),
    kind_mails.NOT_KEPT,
    kind_mails.NOT_TAKEN,
    gettext_lazy("You are not on the waiting list any more. You can join it again."),
)


def _write(
    person: Registration,
    *,
    whole: Session,
    kind: str,
    words: dict[str, Any],
    expires: datetime | None = None,
    **mail: Any,
) -> None:
    """Write one mail. `whole`: the session with all that mails say of it; `words`: what its `Content` has beside that, made in
    the person's language; `expires`: else when the session starts; `mail`: as for `put`."""
    content = Content(
        heading=session_text(whole, language=person.language),
        times=session_mails.local_times(whole, zone=person.time_zone, forum=whole.forum),
        links=[session_mails.agenda_link(whole.forum)],
        why=_("You get this mail because you joined the waiting list of this session."),
        **words,
    )
    put(content, kind=kind, to=person.user, forum=whole.forum, expires=expires or whole.starts, is_secret=True, **mail)


def _short(session: Session, *, language: str) -> str:
    return Truncator(session_text(session, language=language)).chars(90)


def write_promoted(booking: Booking, *, now: datetime) -> None:
    """A person has the place: with the calendar file, and a link that gives the place up."""
    person, session = booking.registration, booking.session
    whole = session_mails.whole_sessions().get(pk=session.pk)
    event = session_mails.calendar_event(whole, to_door=whole.is_under_embargo(now))
    with speaking(person.language):
        words = {
            **IS_GIVEN.said(whole.forum, title=_short(whole, language=person.language)),
            "action": MailLink(_("See or give up the place"), place_links.address(person, session)),
            "hint": _("If you cannot come, give the place up: the next one on the list gets it at once."),
        }
        calendar = calendar_files.calendar([event], name=whole.forum.name).decode()
        _write(
            person,
            whole=whole,
            kind=GIVEN,
            words=words,
            about=booking.pk,
            now=now,
            calendar=calendar,
        )


def write_offered(row: Waiting, *, now: datetime) -> None:
    """A place is kept for a person until `offered_until`: with a link that takes it or leaves it to the next."""
    person, session = row.registration, row.session
    assert session is not None  # noqa: S101
    assert row.offered_until is not None  # noqa: S101
    whole, until = session_mails.whole_sessions().get(pk=session.pk), row.offered_until
    with speaking(person.language):
        title = _short(whole, language=person.language)
        words = kind_mails.offer_words(person, IS_OFFERED, until=until, title=title, session=session)
        names = [stamp(until)]
        _write(person, whole=whole, kind=OFFERED, words=words, about=row.pk, names=names, now=now, expires=until)


def write_offer_over(row: Waiting, *, now: datetime) -> None:
    """A person has not taken the place in time, and is not on the list any more."""
    person, session = row.registration, row.session
    assert session is not None  # noqa: S101
    whole = session_mails.whole_sessions().get(pk=session.pk)
    with speaking(person.language):
        words = IS_OVER.said(whole.forum, title=_short(whole, language=person.language)) | {
            "action": MailLink(_("See the waiting list"), place_links.address(person, session)),
        }
        _write(person, whole=whole, kind=OVER, words=words, about=person.pk, names=[row.pk], now=now)


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    name = gettext_lazy("When you get a place from a waiting list")
    kinds = frozenset({GIVEN, OFFERED, OVER, kind_mails.OFFERED, kind_mails.OVER})
    return [MailKind("seat", name, kinds, is_refusable=False)]


@hooks.unwanted(GIVEN)
def _given_up(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the place is given up, or the session does not take place."""
    rows = Booking.objects.filter(registration__in=Registration.objects.mailable())
    return outbox.about_others(messages, rows.filter(session__state=Session.State.SCHEDULED))


@hooks.unwanted(OFFERED)
def _not_offered(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the place is taken, left or not kept any more."""
    rows = Waiting.objects.offered(now).filter(registration__in=Registration.objects.mailable())
    return outbox.about_others(messages, rows.filter(session__state=Session.State.SCHEDULED))


@hooks.unwanted(OVER)
def _gone(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the person does not take part any more."""
    return outbox.about_others(messages, Registration.objects.mailable())
