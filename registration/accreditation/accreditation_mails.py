"""A mail for each step of a registration on which somebody decides."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import hooks
from events.formatting.names import forum_name
from events.hooks import MailKind
from events.mail.rendering import Content, Link, speaking
from events.models import Message
from events.pages.absolute_urls import absolute
from events.proposals.mails import put
from registration.accreditation import place_links
from registration.accreditation.invitation_mails import INVITED
from registration.models import AccreditationStep, FocalPoint, FocalPointRequest, Registration

KIND, NAMED, ASKED = "accreditation", "focal-point", "focal-point-asked"
REFUSED = "focal-point-refused"
State = Registration.State


def write_step(step: AccreditationStep, *, now: datetime) -> None:
    """Tell a person of a step of their registration."""
    person = step.registration
    with speaking(person.language):
        name = forum_name(person.forum.name)
        subject, lead = _words(step)
        came_from_line = State.WAITING in {step.before, step.after} and step.after != State.REFUSED
        links = [Link(_("See or give up the place"), place_links.address(person))] if came_from_line else []
        if step.after == State.APPROVED:
            links.append(Link(_("Your ticket"), absolute(reverse("registration:ticket", args=[person.forum.slug]))))
        address = absolute(reverse("registration:register", args=[person.forum.slug]))
        content = Content(
            subject=subject % {"forum": name},
            heading=person.name,
            lead=lead,
            quote=step.reason,
            action=Link(_("Your registration"), address),
            links=links,
            why=_("You get this mail because you registered for %(forum)s.") % {"forum": name},
        )
        put(content, kind=KIND, about=step.pk, to=person.user, forum=person.forum, now=now)


def write_named(row: FocalPoint, *, now: datetime) -> None:
    """Tell somebody that they are the focal point of an organisation, and what they do."""
    with speaking(row.user.language):
        subject = _("You are a focal point")
        lead = _("You answer for the people of your organisation: you approve or refuse their registrations.")
        _write_to(row, subject, lead, kind=NAMED, about=row.pk, now=now)


def write_not_named(row: FocalPointRequest, *, now: datetime) -> None:
    """Tell somebody that they are not the focal point of an organisation, and why."""
    with speaking(row.user.language):
        subject = _("You are not a focal point")
        lead = _("The organisers did not agree to your request to be the focal point of this organisation.")
        _write_to(row, subject, lead, quote=row.reason, kind=REFUSED, about=row.pk, now=now)


def write_asked(step: AccreditationStep, *, to: Iterable[FocalPoint], now: datetime) -> None:
    """Tell the focal points that somebody of their organisation waits for them."""
    for row in to:
        with speaking(row.user.language):
            subject = _("Somebody waits for your approval")
            lead = _("Somebody who says that they are of your organisation has registered.")
            _write_to(row, subject, lead, kind=ASKED, about=step.pk, names=[row.pk], now=now)


def _write_to(row: FocalPoint | FocalPointRequest, subject: str, lead: str, *, quote: str = "", **mail: Any) -> None:
    """Write a mail to a focal point, or to who asked to be one, in the language that is active. `mail`: as for `put`."""
    forum, name = row.forum, forum_name(row.forum.name)
    content = Content(
        subject=f"{subject}: {name}",
        heading=row.organisation.name if isinstance(row, FocalPoint) else row.organisation_name,
        lead=lead,
        quote=quote,
        action=Link(_("My delegation"), absolute(reverse("registration:delegation", args=[forum.slug]))),
        why=_("You get this mail because you are, or asked to be, a focal point for %(forum)s.") % {"forum": name},
    )
    put(content, to=row.user, forum=forum, **mail)


def _words(step: AccreditationStep) -> tuple[str, str]:
    """The subject, with a place for the forum, and the first sentence, for a state that a registration got."""
    state = step.after
    if state == State.APPROVED and step.before == State.WAITING:
        lead = _("A place became free, and it is yours. Add sessions to your agenda now.")
        return _("You take part: %(forum)s"), lead
    if state == State.APPROVED:
        return _("You take part: %(forum)s"), _("Your registration is approved. Add sessions to your agenda now.")
    if state == State.REFUSED:
        return _("Your registration was not approved: %(forum)s"), _("Your registration was not approved.")
    if state == State.WITH_FOCAL_POINT:
        lead = _("We have your registration. The focal point of your organisation decides on it first.")
    elif state == State.WAITING:
        lead = waiting_words(step.registration)
        if step.before not in {"", State.WAITING}:  # else nobody has just approved it
            lead = f"{_('Your registration is approved.')} {lead}"
        return _("You are on the waiting list: %(forum)s"), lead
    else:
        lead = _("The secretariat decides on your registration, and we write to you then.")
    return _("We have your registration: %(forum)s"), lead


def waiting_words(registration: Registration) -> str:
    """What somebody reads who waits for a place in their kind."""
    row = registration.waitings.filter(session=None).first()
    words = _("All places are taken, and you are on the waiting list. We write to you as soon as there is a place.")
    if row is None or not (place := row.place_in_line()):
        return words
    return f"{words} {_('You are number %(place)s on the list.') % {'place': place}}"


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    name = gettext_lazy("What is decided on your registration")
    return [MailKind("accreditation", name, frozenset({KIND, NAMED, ASKED, INVITED, REFUSED}), is_refusable=False)]


@hooks.unwanted(KIND)
def _outdated(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the registration has another state by now, or is withdrawn."""
    people = Registration.objects.standing().reachable()
    steps = AccreditationStep.objects.filter(pk__in=[one.about for one in messages], registration__in=people)
    later = AccreditationStep.objects.filter(registration__in=steps.values("registration")).order_by("pk")
    latest = dict(later.values_list("registration", "pk"))
    return {one.pk for one in messages if one.about not in latest.values()}


@hooks.unwanted(ASKED)
def _decided(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: somebody has decided, or the person has withdrawn."""
    open_now = Registration.objects.standing().filter(state=State.WITH_FOCAL_POINT)
    asked = AccreditationStep.objects.filter(pk__in=[one.about for one in messages], registration__in=open_now)
    live = set(asked.values_list("pk", flat=True))
    return {one.pk for one in messages if one.about not in live}


@hooks.unwanted(NAMED)
def _not_named(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the organisers took it back."""
    live = set(FocalPoint.objects.filter(pk__in=[one.about for one in messages]).values_list("pk", flat=True))
    return {one.pk for one in messages if one.about not in live}
