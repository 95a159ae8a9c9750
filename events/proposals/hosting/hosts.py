"""Which accounts edit a session themselves: those of its proposal, and whom organisers add or take away."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import HostedSession, Organisation, Session, User
from events.proposals.hosting import host_mails
from events.shared.history import log as history
from events.shared.history.verbs import Verb


def confirmed_account(email: str) -> User:
    """The account that an organiser means by an address. Refuses `no-account` (none has confirmed this address)."""
    found = EmailAddress.objects.filter(email__iexact=email.strip(), verified=True, user__is_active=True)
    address = found.select_related("user").first()
    if address is None:
        words = _("No account has confirmed this address. Ask the person to make an account first")
        raise ValidationError(words, code="no-account")
    return address.user


def account_of(session: Session, *, email: str) -> User:
    """The account that an organiser means to let edit a session. Refuses `no-account` and `already-there`."""
    user = confirmed_account(email)
    if HostedSession.objects.filter(session=session, user=user).exists():
        raise ValidationError(_("This account edits the session already"), code="already-there")
    return user


@transaction.atomic
def add(
    session: Session, *, user: User, organisation: Organisation | None = None, by: User, now: datetime
) -> HostedSession:
    """Let an account edit a session, and tell the person. Twice at once adds it once. Refuses `not-allowed`."""
    _check(by, session, verb="add")
    row = Session.objects.select_for_update(of=("self",), no_key=True).select_related("forum").get(pk=session.pk)
    host, is_new = HostedSession.objects.get_or_create(session=row, user=user, defaults={"organisation": organisation})
    if is_new:
        history.record(row, verb=Verb.ADD_HOST, by=by, now=now, reason=user.name)
        host_mails.write_host(host, session=row, now=now)
    return host


@transaction.atomic
def remove(host: HostedSession, *, by: User, now: datetime) -> None:
    """Take a session out of an account's hands. Refuses `not-allowed`."""
    _check(by, host.session, verb="delete")
    session = Session.objects.select_for_update(of=("self",), no_key=True).get(pk=host.session_id)
    if HostedSession.objects.filter(pk=host.pk).delete()[0]:
        history.record(session, verb=Verb.REMOVE_HOST, by=by, now=now, reason=host.user.name)


def _check(by: User, session: Session, *, verb: str) -> None:
    if not by.has_perm(f"events.{verb}_hostedsession", session):
        raise ValidationError(_("Your account may not change who edits a session"), code="not-allowed")
