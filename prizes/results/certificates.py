"""Certificates of champions and winners: issued once their embargo is over, drawn from data (events.shared.pdf)."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Approval
from events.models.reference import StakeholderType
from events.shared.formatting import codes
from events.shared.formatting.names import forum_name, term
from events.shared.jobs.sweeps import Sweep
from events.shared.pdf import hooks
from events.shared.pdf.certificates import CertificatePage
from events.shared.pdf.hooks import Issued
from prizes.editions import embargo
from prizes.models import Certificate, Edition, Honour, Nomination
from prizes.nominations import states
from prizes.results import winners

CERTIFICATES = Sweep("prize-certificates", gettext_lazy("Certificates of champions and winners"))
Kind = Honour


@transaction.atomic
def issue(edition: Edition, *, now: datetime) -> int:
    """Give a certificate to every champion and winner whose embargo is over and who has none; return how many.

    Running it twice, or late, changes nothing but when.
    """
    lifting = embargo.Lifting.of(edition)
    made = 0
    for kind in Kind:
        if not lifting.is_lifted(kind, now=now):
            continue
        waiting = _honoured(edition, kind=kind).exclude(certificates__kind=kind)
        rows = [Certificate(nomination=nomination, kind=kind, issued=now) for nomination in waiting]
        Certificate.objects.bulk_create(rows, ignore_conflicts=True)
        made += len(rows)
    return made


def issue_due(now: datetime) -> int:
    """Issue the certificates of every edition that has an announcement in effect. For the task that runs every minute."""
    editions = Edition.objects.filter(pk__in=Approval.objects.agreed().filter(kind__in=embargo.KINDS).values("subject"))
    return sum(CERTIFICATES.each(editions, lambda edition: issue(edition, now=now), now=now))


@states.certificates()
def of(nomination: Nomination, now: datetime) -> list[Certificate]:
    """The certificates of one nomination that the public may see at `now`, issued here if nobody asked before."""
    if not nomination.edition.nominees_published:
        return []
    lifting = embargo.Lifting.of(nomination.edition)
    kinds = [kind for kind in Kind if lifting.is_lifted(kind, now=now)]
    held = [k for k in kinds if _honoured(nomination.edition, kind=k).filter(pk=nomination.pk).exists()]
    return [
        Certificate.objects.get_or_create(nomination=nomination, kind=kind, defaults={"issued": now})[0]
        for kind in held
    ]


def find(code: str, *, now: datetime) -> Certificate | None:
    """The certificate with this code, however it was typed; None for an unknown code, and while the embargo lasts."""
    found = (
        Certificate.objects.filter(code=codes.normal(code))
        .select_related("nomination__edition__forum", "nomination__country", "nomination__category__action_line")
        .first()
    )
    if found is None:
        return None
    edition = found.nomination.edition
    if not embargo.is_lifted(edition, kind=found.kind, now=now):
        return None
    return found if _honoured(edition, kind=found.kind).filter(pk=found.nomination_id).exists() else None


@hooks.issued()
def issued(code: str, now: datetime) -> Issued | None:
    """What the page that verifies a certificate shows."""
    found = find(code, now=now)
    if found is None:
        return None
    nomination = found.nomination
    context = {
        "forum": nomination.edition.forum,
        "edition": nomination.edition,
        "certificate": found,
        "nomination": nomination,
        "announced": announced(found),
        "is_public": nomination.edition.is_public and nomination.edition.forum.is_public,
    }
    return Issued("prizes/results/verify.html", context)


def _honoured(edition: Edition, *, kind: str) -> QuerySet[Nomination]:
    """The champions of the count that holds, or the winners among them."""
    champions = winners.champions(edition).values("nomination")
    found = Nomination.objects.filter(pk__in=champions, state=Nomination.State.NOMINATED)
    return found.filter(win__isnull=False) if kind == Kind.WINNERS else found


def announced(certificate: Certificate) -> datetime:
    """When the public learned of what the certificate says."""
    moment = embargo.Lifting.of(certificate.nomination.edition).lifted(certificate.kind)
    return moment or certificate.issued


def page(certificate: Certificate) -> CertificatePage:
    """What the certificate says, in the active language."""
    nomination = certificate.nomination
    edition, category = nomination.edition, nomination.category
    assert category is not None  # noqa: S101  a nominee has a category
    is_winner = certificate.kind == Kind.WINNERS
    of = [
        nomination.entity_name,
        term(nomination.country) if nomination.country else "",
        str(StakeholderType(nomination.stakeholder_type).label) if nomination.stakeholder_type else "",
    ]
    return CertificatePage(
        forum=edition.forum,
        code=certificate.code,
        issued=certificate.issued,
        dated=announced(certificate).astimezone(edition.zone).date(),
        where=forum_name(edition.name),
        kind=_("Winner") if is_winner else _("Champion"),
        sample=_("Certificate of a made-up project: sample data") if nomination.is_sample else "",
        name=nomination.title,
        of=" · ".join(text for text in of if text),
        sentence=_("Chosen by the expert group among the champions of its category.")
        if is_winner
        else _("Among the projects with the most valid votes of its category in the public vote."),
        caption=f"{category.action_line.label} · {term(category)}",
        map=[
            {"label": row.action_line.label, "is_here": row.pk == category.pk}
            for row in edition.categories.select_related("action_line")
        ],
    )
