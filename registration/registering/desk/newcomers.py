"""Registering somebody who stands at the desk, or who has asked by telephone: account, registration, and a mail that says so."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import hooks
from events.formatting.names import forum_name
from events.history import log
from events.hooks import MailKind
from events.mail.by_hand import writing
from events.mail.rendering import Content, Link, speaking
from events.models import Forum, Message, User
from events.pages.absolute_urls import absolute
from events.proposals.mails import put
from events.staff import memberships
from registration.accounts.verbs import RegistrationVerb
from registration.accreditation import states
from registration.models import Kind, Registration
from registration.registering import registrations

MAIL = "registered-at-desk"


@transaction.atomic
def register(*, forum: Forum, email: str, consent: str, by: User, now: datetime, **answers: Any) -> Registration:
    """Register a person, by the rules of the kind; an account is made where there is none. `consent`: how they agreed to the privacy
    notice, which is written down; `answers`: the names of `told`.

    Refuses `registered-already`, `account-closed`, `kind-by-invitation` to who may not decide on people, and as
    `registrations.register`; where all places are taken the person waits.
    """
    kind = Kind.objects.filter(pk=answers.get("kind") or 0, is_invited=True).first()
    if kind and not memberships.has(by, states.RIGHT, forum):
        words = _("%(kind)s: by invitation only") % {"kind": kind.name}
        raise ValidationError({"kind": ValidationError(words, code="kind-by-invitation")})
    user = User.objects.find_or_create(email, name=answers.get("name", ""))
    if not user.is_active:
        raise ValidationError({"email": ValidationError(_("This account is closed"), code="account-closed")})
    if Registration.objects.standing().filter(forum=forum, user=user).exists():
        words = _("This person is registered already")
        raise ValidationError({"email": ValidationError(words, code="registered-already")})
    row = registrations.register(forum, user=user, data=answers, has_consented=bool(consent.strip()), by=by, now=now)
    log.record(row, verb=RegistrationVerb.REGISTER_AT_DESK, by=by, now=now, label=f"#{row.pk}", reason=consent)
    _tell(row, now=now)
    return row


def _tell(row: Registration, *, now: datetime) -> None:
    with speaking(row.language):
        name = forum_name(row.forum.name)
        content = Content(
            subject=_("You were registered: %(forum)s") % {"forum": name},
            heading=row.name,
            lead=_("The organisers have registered you for %(forum)s, as you asked them to.") % {"forum": name},
            paragraphs=[
                _("To see it, log in with this address: we mail you a code. There you can change it, or withdraw.")
            ],
            action=Link(_("Your registration"), absolute(reverse("registration:register", args=[row.forum.slug]))),
            links=[
                Link(_("Your ticket"), absolute(reverse("registration:ticket", args=[row.forum.slug]))),
                Link(_("Privacy notice"), absolute(reverse("events:privacy"))),
            ],
            why=_("You get this mail because you registered for %(forum)s.") % {"forum": name},
        )
        put(content, kind=MAIL, about=row.pk, names=[f"{now:%Y%m%d%H%M%S}"], to=row.user, forum=row.forum, now=now)


@hooks.unwanted(MAIL)
@hooks.unwanted(writing.KIND)
def _withdrawn(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the person has withdrawn."""
    people = Registration.objects.standing().reachable().filter(pk__in=[one.about for one in messages])
    live = set(people.values_list("pk", flat=True))
    return {one.pk for one in messages if one.about not in live}


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    return [MailKind("desk", gettext_lazy("When organisers register you"), frozenset({MAIL}), is_refusable=False)]
