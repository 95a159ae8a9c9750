"""Certificates of participation: issued when a forum is over, withdrawn by organisers, and whether one holds."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Speaker, User
from events.shared.held_rows import NAMELESS
from events.shared.history import log
from events.shared.jobs.sweeps import Sweep, apart
from registration.models import CertificateRule, ParticipationCertificate, Registration
from registration.people.accounts.verbs import RegistrationVerb
from registration.sessions.certificates import certificate_mails, participation
from registration.sessions.certificates.participation import Participation

CERTIFICATES = Sweep("certificates", gettext_lazy("Certificates of participation"))
Measure = CertificateRule.Measure
LATE = timedelta(days=90)  # after the last day of a forum, attendances may still come in


def issue_due(now: datetime) -> int:
    """Issue what is due by the rules of all forums that are over; return how many. Running it twice changes nothing."""
    rules = CertificateRule.objects.filter(forum__is_public=True, forum__ends__gt=now - LATE).select_related("forum")

    def issue_if_over(rule: CertificateRule) -> int:
        return issue(rule, now=now) if rule.forum.today(now) > rule.forum.ends else 0

    return sum(CERTIFICATES.each(rules, issue_if_over, now=now, is_whole=False))


def issue(rule: CertificateRule, *, now: datetime) -> int:
    """Give a certificate to everybody who reaches what a rule asks for and has none; return how many. Where the rule says so, a
    mail tells them. Raises `RowsFailed` where some have none in the end."""
    with apart("certificates") as tries, transaction.atomic():
        return tries.each(_without(rule, now=now), lambda user: _issue_to(user, rule=rule, now=now))


def _issue_to(user: User, *, rule: CertificateRule, now: datetime) -> None:
    made = ParticipationCertificate.objects.create(rule=rule, user=user, issued=now)
    if rule.by_mail and not rule.forum.is_sample:
        certificate_mails.write_issued(made, now=now)


def _without(rule: CertificateRule, *, now: datetime) -> QuerySet[User]:
    """Those who reach what a rule asks for and have no certificate. Locks the rule."""
    CertificateRule.objects.select_for_update(no_key=True).get(pk=rule.pk)
    needed, parts = participation.needed(rule), participation.parts(rule, now=now)
    reached = {user for user, part in parts.items() if participation.reached(rule, part) >= needed}
    reached -= set(rule.certificates.values_list("user", flat=True))
    return User.objects.filter(pk__in=reached, is_active=True).order_by("pk")


@transaction.atomic
def withdraw(certificate: ParticipationCertificate, *, reason: str, by: User, now: datetime) -> None:
    """Take a certificate back for good; a mail says why. Refuses `withdrawn-already`."""
    rows = ParticipationCertificate.objects.select_for_update(of=("self",)).select_related("rule__forum", "user")
    row = rows.get(pk=certificate.pk)
    if row.withdrawn:
        raise ValidationError(_("This certificate is withdrawn already"), code="withdrawn-already")
    row.withdrawn, row.withdrawn_by, row.reason = now, by, reason
    row.save(update_fields=["withdrawn", "withdrawn_by", "reason"])
    log.record(row, verb=RegistrationVerb.WITHDRAW_CERTIFICATE, by=by, now=now, label=f"#{row.pk}", reason=reason)
    certificate_mails.write_withdrawn(row, now=now)


def name_of(certificate: ParticipationCertificate) -> str:
    """The name of the person, as they registered, or the speaker’s name in the programme; "" for somebody who was erased."""
    person, forum = certificate.user_id, certificate.rule.forum_id
    if certificate.rule.measure in {Measure.SPEAKING, Measure.MODERATING}:
        name = Speaker.objects.filter(account=person, forum=forum).values_list("name", flat=True).first()
    else:
        name = Registration.objects.filter(user=person, forum=forum).values_list("name", flat=True).first()
    return "" if name in {None, NAMELESS} else str(name)


def latin_name_of(certificate: ParticipationCertificate) -> str:
    """The same in Latin letters, where the person registered with others; else ""."""
    row = Registration.objects.filter(user=certificate.user_id, forum=certificate.rule.forum_id).first()
    return row.name_below if row else ""


def held_part(certificate: ParticipationCertificate, *, now: datetime) -> Participation | None:
    """What a certificate certifies at this moment; None where it is not valid: it was withdrawn, its person was erased, or
    what they did was corrected and is not enough any more."""
    if certificate.withdrawn or not name_of(certificate):
        return None
    rule, user = certificate.rule, certificate.user_id
    part = participation.parts(rule, now=now, user=user).get(user)
    return part if part and participation.reached(rule, part) >= participation.needed(rule) else None
