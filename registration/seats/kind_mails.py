"""Mails about a place in a kind of registration: it is kept until a moment, it was not taken in time."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from events import hooks
from events.formatting import times
from events.formatting.names import forum_name
from events.formatting.times import known_zone, stamp
from events.mail import outbox
from events.mail.rendering import Content, Link, outbox_row, render, speaking
from events.models import Message
from events.pages.absolute_urls import absolute
from registration.accreditation import place_links
from registration.models import Registration, Waiting

OFFERED, OVER = "kind-place-offered", "kind-place-over"


def write_offered(row: Waiting, *, now: datetime) -> None:
    """A place is kept for a person until `offered_until`: with a link that takes it or leaves it to the next."""
    person, until = row.registration, row.offered_until
    assert until is not None  # noqa: S101
    zone = known_zone(person.time_zone, default=person.forum.zone)
    with speaking(person.language):
        moment = times.deadline(until, zone=zone, forum=person.forum)
        lead = _("A place became free. We keep it for you until %(moment)s.") % {"moment": moment}
        action, hint = (
            Link(_("Take the place"), place_links.address(person)),
            _("Afterwards the next one on the list gets it."),
        )
        subject = _("A place is free: %(title)s") % {"title": forum_name(person.forum.name)}
    _write(
        row, subject=subject, lead=lead, action=action, hint=hint, kind=OFFERED, key=f"{row.pk}:{stamp(until)}", now=now
    )


def write_offer_over(row: Waiting, *, now: datetime) -> None:
    """A person has not taken the place in time, and is not registered any more."""
    person = row.registration
    with speaking(person.language):
        lead = _("You did not take the place in time, so the next one on the list got it.")
        hint = _("You are not registered any more. You can register again, as long as registration is open.")
        action = Link(_("Register"), absolute(reverse("registration:register", args=[person.forum.slug])))
        subject = _("The place went to the next person: %(title)s") % {"title": forum_name(person.forum.name)}
    _write(row, subject=subject, lead=lead, action=action, hint=hint, kind=OVER, key=str(row.pk), now=now)


def _write(
    row: Waiting, *, subject: str, lead: str, action: Link, hint: str, kind: str, key: str, now: datetime
) -> None:
    person = row.registration
    with speaking(person.language):
        content = Content(
            subject=subject,
            heading=person.kind.local_name if person.kind else person.name,
            lead=lead,
            action=action,
            hint=hint,
            why=_("You get this mail because you registered for %(forum)s.") % {"forum": forum_name(person.forum.name)},
        )
        mail = render(content, sender=person.forum.name)
    outbox.write(
        outbox_row(
            mail,
            kind=kind,
            key=f"{kind}:{key}",
            about=person.pk,
            to=person.user,
            language=person.language,
            forum=person.forum,
            due=now,
            expires=row.offered_until if kind == OFFERED else None,
        )
    )


@hooks.unwanted(OFFERED)
def _not_offered(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the place is taken, left or not kept any more."""
    people = Registration.objects.standing().reachable().filter(state=Registration.State.WAITING)
    rows = Waiting.objects.offered(now).filter(session=None, registration__in=[one.about for one in messages])
    live = set(rows.filter(registration__in=people).values_list("registration", flat=True))
    return {one.pk for one in messages if one.about not in live}
