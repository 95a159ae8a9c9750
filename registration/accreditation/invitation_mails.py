"""The mail that invites somebody to register. It holds the link, so it is a secret. Who invites cannot write anything into it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Forum, Message, Organisation, User
from events.shared.formatting.names import forum_name, term
from events.shared.formatting.times import deadline
from events.shared.mail import hooks, outbox
from events.shared.mail.rendering import OWN_ADDRESS, Content, MailLink, once_each, outbox_row, speaking
from events.shared.mail.texts.originals import original
from events.shared.pages.absolute_urls import absolute
from registration.models import Kind, RegistrationInvitation

INVITED = "registration-invited"
IS_INVITED = original(
    INVITED,
    gettext_lazy("Somebody is invited to register"),
    gettext_lazy("Your invitation: %(forum)s"),
    gettext_lazy("You are invited to register for %(forum)s."),
    gettext_lazy("Log in, or make an account, with the address to which this mail was sent. Nothing is done before."),
)
IS_INVITED_BY = original(
    "registration-invited-by",
    gettext_lazy("An organisation invites somebody to register"),
    gettext_lazy("Your invitation: %(forum)s"),
    gettext_lazy("%(organisation)s invites you to register for %(forum)s."),
    gettext_lazy("Log in, or make an account, with the address to which this mail was sent. Nothing is done before."),
)


def write(invited: Sequence[RegistrationInvitation], *, forum: Forum, by: User, now: datetime) -> None:
    """Write the mail of each invitation to a forum, with its link, in the language of the person who invites: that of an
    account with the address would tell that there is one. It is rendered once for each kind and organisation."""
    mail, mails = once_each(partial(_content, forum), sender=forum.name), []
    with speaking(by.language):
        for row in invited:
            url = absolute(reverse("registration:invitation", args=[forum.slug, row.token]))
            mails.append(
                outbox_row(
                    mail(by.language, row.kind, row.organisation, row.ends).for_address(url),
                    kind=INVITED,
                    key=f"{INVITED}:{row.pk}:{row.link_seed[:16]}",
                    about=row.pk,
                    to=row.email,
                    language=by.language,
                    forum=forum,
                    due=now,
                    is_secret=True,
                    expires=row.ends,
                )
            )
    outbox.write(*mails)


def _content(forum: Forum, kind: Kind | None, organisation: Organisation | None, ends: datetime) -> Content:
    until = _("It holds until %(time)s.") % {"time": deadline(ends, zone=forum.zone, forum=forum)}
    words, name = IS_INVITED_BY if organisation else IS_INVITED, organisation.name if organisation else ""
    return Content(
        **words.said(forum, also=[until], organisation=name),
        heading=" · ".join(filter(None, [term(kind) if kind else "", name])) or forum_name(forum),
        action=MailLink(_("Open the invitation"), OWN_ADDRESS),
        why=_("You get this mail because somebody entered your address. If you do nothing, nothing happens."),
    )


@hooks.unwanted(INVITED)
def _over(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: it is used, taken back or expired, or another link has been sent since."""
    rows = RegistrationInvitation.objects.open_at(now).filter(pk__in=outbox.rows_of(messages))
    live = {f"{INVITED}:{pk}:{seed[:16]}" for pk, seed in rows.values_list("pk", "link_seed")}
    return outbox.all_but(messages, live, by="dedupe_key")
