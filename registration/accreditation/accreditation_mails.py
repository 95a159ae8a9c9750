"""A mail for each step of a registration on which somebody decides."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import hooks
from events.formatting.names import forum_name
from events.hooks import MailKind
from events.mail import outbox
from events.mail.rendering import Content, Link, outbox_row, render, speaking
from events.models import Message
from events.pages.absolute_urls import absolute
from registration.models import AccreditationStep, Registration

KIND = "accreditation"
State = Registration.State


def write_step(step: AccreditationStep, *, now: datetime) -> None:
    """Tell a person of a step of their registration."""
    person = step.registration
    with speaking(person.language):
        name = forum_name(person.forum.name)
        subject, lead = _words(step.after)
        address = absolute(reverse("registration:register", args=[person.forum.slug]))
        content = Content(
            subject=subject % {"forum": name},
            heading=person.name,
            lead=lead,
            quote=step.reason,
            action=Link(_("Your registration"), address),
            why=_("You get this mail because you registered for %(forum)s.") % {"forum": name},
        )
        mail = render(content, sender=person.forum.name)
    outbox.write(
        outbox_row(
            mail,
            kind=KIND,
            key=f"{KIND}:{step.pk}",
            about=step.pk,
            to=person.user,
            language=person.language,
            forum=person.forum,
            due=now,
        )
    )


def _words(state: str) -> tuple[str, str]:
    """The subject, with a place for the forum, and the first sentence, for a state that a registration got."""
    if state == State.APPROVED:
        return _("You take part: %(forum)s"), _("Your registration is approved. Add sessions to your agenda now.")
    if state == State.REFUSED:
        return _("Your registration was not approved: %(forum)s"), _("Your registration was not approved.")
    if state == State.WITH_FOCAL_POINT:
        lead = _("We have your registration. The focal point of your organisation decides on it first.")
    elif state == State.WAITING:
        lead = _("We have your registration. All places are taken, and you are on the waiting list.")
    else:
        lead = _("We have your registration. The secretariat decides on it, and we write to you then.")
    return _("We have your registration: %(forum)s"), lead


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    name = gettext_lazy("What is decided on your registration")
    return [MailKind("accreditation", name, frozenset({KIND}), is_refusable=False)]


@hooks.unwanted(KIND)
def _outdated(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the registration has another state by now, or is withdrawn."""
    people = Registration.objects.standing().reachable()
    steps = AccreditationStep.objects.filter(pk__in=[one.about for one in messages], registration__in=people)
    later = AccreditationStep.objects.filter(registration__in=steps.values("registration")).order_by("pk")
    latest = dict(later.values_list("registration", "pk"))
    return {one.pk for one in messages if one.about not in latest.values()}
