"""Mails about a place in a kind of registration: it is kept until a moment, it was not taken in time. Mails about a place in a
session say both in the same words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Message, Session
from events.shared.formatting import times
from events.shared.formatting.names import forum_name, term
from events.shared.formatting.times import known_zone, stamp
from events.shared.mail import hooks, outbox
from events.shared.mail.rendering import Content, MailLink, put, speaking
from events.shared.mail.texts.originals import Original, original
from events.shared.pages.absolute_urls import absolute
from registration.accreditation import place_links
from registration.models import Registration, Waiting

OFFERED, OVER = "kind-place-offered", "kind-place-over"
IS_FREE = gettext_lazy("A place is free: %(title)s")
IS_KEPT = gettext_lazy("A place became free. We keep it for you until %(moment)s.")
NOT_KEPT = gettext_lazy("The place is no longer kept for you: %(title)s")
NOT_TAKEN = gettext_lazy("You did not take the place in time, so it is no longer kept for you.")
IS_OFFERED = original(OFFERED, gettext_lazy("A place in a kind is kept for somebody"), IS_FREE, IS_KEPT)
IS_OVER = original(OVER, gettext_lazy("A place in a kind was not taken in time"), NOT_KEPT, NOT_TAKEN)


def offer_words(
    person: Registration, words: Original, *, until: datetime, title: str, session: Session | None = None
) -> dict[str, Any]:
    """What a mail says of a place that is kept for a person until a moment, of a session or of their kind; with a link that takes
    it or leaves it to the next."""
    zone = known_zone(person.time_zone, default=person.forum.zone)
    moment = times.deadline(until, zone=zone, forum=person.forum)
    return {
        **words.said(person.forum, title=title, moment=moment),
        "action": MailLink(_("Take the place"), place_links.address(person, session)),
        "hint": _("Afterwards the next one on the list gets it."),
    }


def write_offered(row: Waiting, *, now: datetime) -> None:
    """A place is kept for a person until `offered_until`."""
    person, until = row.registration, row.offered_until
    assert until is not None  # noqa: S101
    with speaking(person.language):
        words = offer_words(person, IS_OFFERED, until=until, title=forum_name(person.forum))
        _write(row, words, kind=OFFERED, names=[row.pk, stamp(until)], now=now, expires=until, is_secret=True)


def write_offer_over(row: Waiting, *, now: datetime) -> None:
    """A person has not taken the place in time, and is not registered any more."""
    person = row.registration
    with speaking(person.language):
        words = IS_OVER.said(person.forum, title=forum_name(person.forum)) | {
            "action": MailLink(_("Register"), absolute(reverse("registration:register", args=[person.forum.slug]))),
            "hint": _("You are not registered any more. You can register again, as long as registration is open."),
        }
        _write(row, words, kind=OVER, names=[row.pk], now=now)


def _write(row: Waiting, words: dict[str, Any], **mail: Any) -> None:
    """Write a mail to the person of a row, in the language that is active. `words`: what its `Content` has of its own; `mail`: as
    for `put`."""
    person = row.registration
    content = Content(
        heading=term(person.kind) if person.kind else person.name,
        why=_("You get this mail because you registered for %(forum)s.") % {"forum": forum_name(person.forum)},
        **words,
    )
    put(content, about=person.pk, to=person.user, forum=person.forum, **mail)


@hooks.unwanted(OFFERED)
def _not_offered(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the place is taken, left or not kept any more."""
    people = Registration.objects.standing().reachable().filter(state=Registration.State.WAITING)
    rows = Waiting.objects.offered(now).filter(session=None, registration__in=people)
    return outbox.about_others(messages, Registration.objects.filter(pk__in=rows.values("registration")))
