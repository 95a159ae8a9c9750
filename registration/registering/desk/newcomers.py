"""Registering somebody who stands at the desk, or who has asked by telephone: account and registration."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Forum, User
from events.shared.history import log, made_accounts
from events.shared.rights import memberships
from registration.accreditation import states
from registration.models import Kind, Registration
from registration.people.accounts.verbs import RegistrationVerb
from registration.registering import registrations


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
    account = made_accounts.find_or_make(email, by=by, now=now, name=answers.get("name", ""))
    user = User.objects.locked(account.pk)  # two desks, or two clicks, take turns
    if not user.is_active:
        raise ValidationError({"email": ValidationError(_("This account is closed"), code="account-closed")})
    if Registration.objects.standing().filter(forum=forum, user=user).exists():
        words = _("This person is registered already")
        raise ValidationError({"email": ValidationError(words, code="registered-already")})
    row = registrations.register(forum, user=user, data=answers, has_consented=bool(consent.strip()), by=by, now=now)
    log.record(row, verb=RegistrationVerb.REGISTER_AT_DESK, by=by, now=now, label=f"#{row.pk}", reason=consent)
    return row
