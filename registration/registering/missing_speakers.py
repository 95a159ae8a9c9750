"""Speakers who have not registered: all speakers must (a rule of the Forum), and organisers write to those who have not, once.

A speaker with an account has registered when the account has. One without is known by the address alone: equal names say
nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Appearance, Forum, Message, Session, Speaker, User
from events.proposals.speakers import speaker_accounts
from events.shared.formatting.times import deadline
from events.shared.history import log
from events.shared.mail import hooks, outbox
from events.shared.mail.rendering import Content, MailLink, put, speaking
from events.shared.mail.texts.originals import original
from events.shared.pages.absolute_urls import absolute
from registration.models import Registration
from registration.people.accounts.verbs import RegistrationVerb

ASK = "speaker-not-registered"
NOT_REGISTERED = original(
    ASK,
    gettext_lazy("A speaker has not registered"),
    gettext_lazy("Register for %(forum)s"),
    gettext_lazy("You speak at %(forum)s, and you have not registered yet."),
    gettext_lazy("All speakers register, whether they come or speak online. It takes a few minutes."),
    gettext_lazy("Registration is open until %(time)s."),
)


def missing(forum: Forum) -> QuerySet[Any]:
    """The speakers of sessions that take place, released or in the draft, who have not registered; each with its `address`
    ("": unknown) and whether it `is_asked` by mail already."""
    speaking_there = Appearance.objects.drafted().filter(session__forum=forum)
    speaking_there = speaking_there.exclude(session__state=Session.State.CANCELLED)
    registered = Registration.objects.active().filter(forum=forum)
    key = Concat(Value(f"{ASK}:"), Cast(OuterRef("pk"), CharField()))  # as `put` makes it
    found = speaker_accounts.with_address(Speaker.objects.filter(forum=forum))
    return (
        found.filter(pk__in=speaking_there.order_by().values("speaker"))
        .exclude(Exists(registered.filter(user=OuterRef("account"))))
        .exclude(Exists(registered.filter(user__email=OuterRef("address"))), account__isnull=True)
        .annotate(is_asked=Exists(Message.objects.filter(dedupe_key=key)))
        .select_related("account", "organisation")
        .order_by("name", "pk")
    )


def unwritten(forum: Forum) -> QuerySet[Any]:
    """Those of them whom a mail can reach, and who got none yet."""
    return missing(forum).filter(is_asked=False).exclude(address="")


@transaction.atomic
def write(forum: Forum, *, by: User, now: datetime) -> int:
    """Write one mail to each speaker who has not registered, has an address and was not written to before; return how many
    there are. Refuses `registration-closed`, `nobody` (nobody is left to write to)."""
    locked = Forum.objects.select_for_update(no_key=True).get(pk=forum.pk)
    if not locked.is_registration_open(now):
        raise ValidationError(_("Registration is not open"), code="registration-closed")
    speakers = list(unwritten(locked))
    if not speakers:
        raise ValidationError(_("Nobody is left to write to"), code="nobody")
    for speaker in speakers:
        _write(speaker, forum=locked, now=now)
    log.record(locked, verb=RegistrationVerb.ASK_SPEAKERS, by=by, now=now, after={"mails": len(speakers)})
    return len(speakers)


def _write(speaker: Speaker, *, forum: Forum, now: datetime) -> None:
    address: str = speaker.address  # type: ignore[attr-defined]
    with speaking(speaker.account.language if speaker.account else settings.LANGUAGE_CODE):
        closes = deadline(forum.registration_closes, zone=forum.zone, forum=forum)
        links = []
        if speaker.account is None:
            token = speaker_accounts.token_of(speaker, address=address)
            path = reverse("events:speaker-link", args=[token])
            links.append(MailLink(_("Then connect your account with your page as a speaker"), absolute(path)))
        content = Content(
            **NOT_REGISTERED.said(forum, time=closes),
            heading=str(speaker),
            action=MailLink(_("Register"), absolute(reverse("registration:register", args=[forum.slug]))),
            links=links,
            why=_("You get this mail once, because the organisers of the Forum have your address as a speaker’s."),
        )
        to = speaker.account or address
        put(content, kind=ASK, about=speaker.pk, to=to, forum=forum, now=now, is_secret=bool(links))


@hooks.unwanted(ASK)
def _unwanted(messages: Sequence[Message], now: datetime) -> set[int]:
    """The speaker has registered since, or speaks no more."""
    forums = Forum.objects.filter(pk__in={one.forum_id for one in messages})
    return outbox.all_but(messages, [pk for forum in forums for pk in missing(forum).values_list("pk", flat=True)])
