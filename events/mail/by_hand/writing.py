"""What organisers write to people whom they chose in a list: one mail to each, in the frame of all mails."""

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import hooks
from events.history import log
from events.history.verbs import Verb
from events.hooks import MailKind
from events.mail import outbox
from events.mail.rendering import Content, Link, Rendered, outbox_row, render, speaking, stop_link
from events.models import Forum, Message, User
from events.pages.absolute_urls import absolute

KIND = "by-hand"
MOST = 2000  # people at once


class Receiver(NamedTuple):
    """`about`: the row of theirs in the list, with the `name` that it says."""

    user: User
    name: str
    language: str
    about: int


def rendered(forum: Forum, *, subject: str, text: str, why: Callable[[], str], language: str) -> Rendered:
    """The mail as people of a language get it. The organisers' words stand as they wrote them; `why` the person gets it is said
    in the language."""
    with speaking(language):
        content = Content(
            subject=subject,
            heading=subject,
            quote=text,
            action=Link(_("The Forum’s page"), absolute(reverse("events:home", args=[forum.slug]))),
            why=why(),
            stop=stop_link(),
        )
        return render(content, sender=forum.name)


def digest(forum: Forum, *, subject: str, text: str) -> str:
    """What names these words of a forum: sent is what was shown, and nobody gets it twice."""
    return sha256(f"{forum.pk}\n{subject}\n{text}".encode()).hexdigest()[:24]


def check_number(receivers: Sequence[Receiver]) -> None:
    """Refuse `too-many`. Nobody has counted how many more there are."""
    if len(receivers) > MOST:
        raise ValidationError(_("Choose %(most)s people at most") % {"most": MOST}, code="too-many")


@transaction.atomic
def write(
    receivers: Sequence[Receiver],
    *,
    forum: Forum,
    subject: str,
    text: str,
    why: Callable[[], str],
    by: User,
    now: datetime,
) -> int:
    """Write one mail to each; return to how many. Who got these very words before is left out, so that sending twice writes once.

    Refuses `nobody` (also where all have got it) and as `check_number`."""
    check_number(receivers)
    name = digest(forum, subject=subject, text=text)
    keys = {f"{KIND}:{name}:{one.user.pk}": one for one in receivers}
    known = set(Message.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    left = {key: one for key, one in keys.items() if key not in known}
    if not left:
        raise ValidationError(_("Nobody is left who has not got these words"), code="nobody")
    mails: dict[str, Rendered] = {}
    for one in left.values():
        if one.language not in mails:
            mails[one.language] = rendered(forum, subject=subject, text=text, why=why, language=one.language)
    outbox.write(
        *(
            outbox_row(
                mails[one.language],
                kind=KIND,
                key=key,
                about=one.about,
                to=one.user,
                language=one.language,
                forum=forum,
                due=now,
            )
            for key, one in left.items()
        )
    )
    log.record(forum, verb=Verb.WRITE_TO, by=by, now=now, after={"mails": len(left), "subject": subject})
    return len(left)


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    return [MailKind("by-hand", gettext_lazy("What the organisers write to you"), frozenset({KIND}))]
