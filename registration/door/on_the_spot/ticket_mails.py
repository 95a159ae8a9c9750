"""The mail to somebody who was registered at the door: that it was done, and where their ticket is."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import hooks
from events.formatting.names import forum_name
from events.formatting.times import stamp
from events.hooks import MailKind
from events.mail import outbox
from events.mail.rendering import Content, Link, outbox_row, render, speaking
from events.models import Message
from events.pages.absolute_urls import absolute
from registration.models import Registration

KIND = "ticket"


def write(person: Registration, *, now: datetime) -> None:
    """Tell a person that they were registered at the door."""
    with speaking(person.language):
        name, slug = forum_name(person.forum.name), person.forum.slug
        content = Content(
            subject=_("Your ticket: %(forum)s") % {"forum": name},
            heading=person.name,
            lead=_("You were registered at the door, and said that you agree to the privacy notice."),
            paragraphs=[
                _("Show your ticket at the doors. To see it, log in with this address: we mail you a code."),
                _("If it was not you, withdraw the registration; or answer this mail."),
            ],
            action=Link(_("Your ticket"), absolute(reverse("registration:ticket", args=[slug]))),
            links=[
                Link(_("Your registration"), absolute(reverse("registration:register", args=[slug]))),
                Link(_("Privacy notice"), absolute(reverse("events:privacy"))),
            ],
            why=_("You get this mail because you registered for %(forum)s.") % {"forum": name},
        )
        mail = render(content, sender=person.forum.name)
    outbox.write(
        outbox_row(
            mail,
            kind=KIND,
            key=f"{KIND}:{person.pk}:{stamp(now)}",
            about=person.pk,
            to=person.user,
            language=person.language,
            forum=person.forum,
            due=now,
        )
    )


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    return [MailKind("ticket", gettext_lazy("Your ticket"), frozenset({KIND}), is_refusable=False)]


@hooks.unwanted(KIND)
def _withdrawn(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the person has withdrawn."""
    people = Registration.objects.standing().reachable().filter(pk__in=[one.about for one in messages])
    live = set(people.values_list("pk", flat=True))
    return {one.pk for one in messages if one.about not in live}
