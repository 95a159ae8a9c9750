"""Mails that tell people of their certificates."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Message
from events.shared.formatting.names import forum_name
from events.shared.mail import hooks, outbox
from events.shared.mail.hooks import MailKind
from events.shared.mail.rendering import Content, MailLink, put, speaking
from events.shared.mail.texts.originals import original
from events.shared.pages.absolute_urls import absolute
from registration.models import ParticipationCertificate

ISSUED, WITHDRAWN = "certificate", "certificate-withdrawn"
IS_READY = original(
    ISSUED,
    gettext_lazy("A certificate is ready"),
    gettext_lazy("Your certificate: %(forum)s"),
    gettext_lazy("Thank you for taking part. Your certificate is ready, in each language of the site."),
)
IS_WITHDRAWN = original(
    WITHDRAWN,
    gettext_lazy("A certificate is withdrawn"),
    gettext_lazy("Your certificate was withdrawn: %(forum)s"),
    gettext_lazy("The organisers have withdrawn it. Whoever looks its code up is told so."),
)


def write_issued(certificate: ParticipationCertificate, *, now: datetime) -> None:
    """Tell a person that they have a certificate, and where it is."""
    with speaking(certificate.user.language):
        forum = forum_name(certificate.rule.forum)
        content = Content(
            **IS_READY.said(certificate.rule.forum),
            heading=_("Your certificate"),
            action=MailLink(_("Open the certificate"), absolute(reverse("events:verify", args=[certificate.code]))),
            why=_("You get this mail because you took part in %(forum)s.") % {"forum": forum},
        )
        _put(content, certificate, kind=ISSUED, now=now)


def write_withdrawn(certificate: ParticipationCertificate, *, now: datetime) -> None:
    """Tell a person that a certificate of theirs was withdrawn, and why."""
    with speaking(certificate.user.language):
        forum = forum_name(certificate.rule.forum)
        content = Content(
            **IS_WITHDRAWN.said(certificate.rule.forum),
            heading=_("Your certificate was withdrawn"),
            quote=certificate.reason,
            action=MailLink(_("What its page says"), absolute(reverse("events:verify", args=[certificate.code]))),
            why=_("You get this mail because you took part in %(forum)s.") % {"forum": forum},
        )
        _put(content, certificate, kind=WITHDRAWN, now=now)


def _put(content: Content, certificate: ParticipationCertificate, *, kind: str, now: datetime) -> None:
    put(content, kind=kind, about=certificate.pk, to=certificate.user, forum=certificate.rule.forum, now=now)


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    return [MailKind("certificates", gettext_lazy("Your certificates"), frozenset({ISSUED}))]


@hooks.unwanted(ISSUED)
def _withdrawn(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the certificate was withdrawn."""
    return outbox.about_others(messages, ParticipationCertificate.objects.filter(withdrawn=None))
