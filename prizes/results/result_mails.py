"""The mails to nominators whose project is a champion or a winner: written once the public may know and the certificate is there.

What is due is a question to the rows at this moment; the mail's key exists once, so two sweeps write it once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Message
from events.shared.jobs.sweeps import Sweep
from events.shared.mail import hooks, outbox, refused_kinds
from events.shared.mail.hooks import MailKind
from events.shared.mail.rendering import Content, MailLink, put, speaking, stop_link
from events.shared.mail.texts.kind_names import named
from events.shared.mail.texts.originals import original
from events.shared.pages.absolute_urls import absolute
from prizes.models import Certificate, Honour
from prizes.nominations.nomination_mails import OUTCOME
from prizes.results import certificates

MAILS = Sweep("honours", gettext_lazy("Mails to champions and winners"))
HONOURED = named("nomination-honoured", gettext_lazy("A project is a champion, or the winner"))
NEWS = timedelta(days=14)  # after this it is old: an edition loaded with its past writes to nobody
WINNERS = Honour.WINNERS
READY = gettext_lazy("The results are public, and your certificate is ready.")
IS_CHAMPION = original(
    "nomination-champion",
    gettext_lazy("A project is a champion"),
    gettext_lazy("Champion: %(title)s"),
    gettext_lazy("Your project is a champion of its category."),
    READY,
)
IS_WINNER = original(
    "nomination-winner",
    gettext_lazy("A project is the winner"),
    gettext_lazy("Winner: %(title)s"),
    gettext_lazy("Your project is the winner of its category."),
    READY,
)


def _certificates() -> QuerySet[Certificate]:
    """The certificates of people who get mail, of a winner that as a winner alone."""
    better = Certificate.objects.filter(nomination=OuterRef("nomination"), kind=WINNERS, pk__gt=OuterRef("pk"))
    rows = Certificate.objects.filter(
        nomination__nominator__is_active=True,
        nomination__is_sample=False,
        nomination__edition__is_public=True,
        nomination__edition__forum__is_public=True,
    ).exclude(Exists(better))
    return rows.select_related("nomination__nominator", "nomination__edition__forum").order_by("pk")


def queue_mails(now: datetime) -> int:
    """Write the mails on certificates that were issued within 14 days; return how many."""
    rows = refused_kinds.accepting(_certificates(), key=OUTCOME, user="nomination__nominator")
    due = outbox.without_mail(rows.filter(issued__lte=now, issued__gt=now - NEWS), before=f"{HONOURED}:")
    return sum(MAILS.each(due, lambda row: _write(row, now=now), now=now))


def _write(row: Any, *, now: datetime) -> bool:
    if is_public := certificates.find(row.code, now=now) is not None:
        _tell(row, now=now)
    return is_public


def _tell(certificate: Certificate, *, now: datetime) -> None:
    nomination = certificate.nomination
    person, edition = nomination.nominator, nomination.edition
    with speaking(person.language):
        words = IS_WINNER if certificate.kind == WINNERS else IS_CHAMPION
        results = reverse("prizes:results", args=[edition.forum.slug])
        content = Content(
            **words.said(edition.forum, title=nomination.title),
            heading=nomination.title,
            action=MailLink(
                _("Open the certificate (PDF)"), absolute(reverse("prizes:certificate", args=[certificate.code]))
            ),
            links=[MailLink(_("Results"), absolute(results))],
            why=_("You get this mail because you nominated a project."),
            stop=stop_link(),
        )
        mail: dict[str, Any] = {"forum": edition.forum, "sender": edition.name, "now": now}
        put(content, kind=HONOURED, about=certificate.pk, to=person, **mail)


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    name = gettext_lazy("What becomes of the projects that I nominated")
    return [MailKind(OUTCOME, name, frozenset({OUTCOME, HONOURED}), roles=frozenset({"nominator"}))]


@hooks.unwanted(HONOURED)
def _unwanted(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: a new count, or a withdrawal, took the honour."""
    rows = _certificates().filter(pk__in=outbox.rows_of(messages))
    return outbox.all_but(messages, [row.pk for row in rows if certificates.find(row.code, now=now)])
