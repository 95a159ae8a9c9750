"""Reminders by mail, wanted or not: the signed address in each mail, and the two verbs behind it."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from events.models import RefusedMail
from events.shared.formatting.names import known_language
from events.shared.history import log
from events.shared.mail import refused_kinds
from events.shared.secret_links import read, signed
from registration.models import Registration
from registration.people.accounts.verbs import RegistrationVerb

REMINDER = "reminder"
LINK = "registration.agenda.unsubscribing"


def token(registration_pk: int) -> str:
    """Return the part of an unsubscribe address that names a registration and that nobody else can make."""
    return signed(LINK, registration_pk)


def address(registration_pk: int, *, language: str) -> str:
    """Return the whole unsubscribe address of a registration, in a language of the site."""
    mine = token(registration_pk)
    return refused_kinds.address_of("registration:unsubscribe", mine, language=known_language(language))


def refuses_reminders() -> Exists:
    """Of a row of registrations: whether its person refuses reminders altogether."""
    return Exists(RefusedMail.objects.filter(user=OuterRef("user"), kind=REMINDER))


def gets_reminders(registration: Registration) -> bool:
    """Whether reminders are sent for this registration: they are wanted here, and not refused altogether. One query where
    they are wanted, none where `refuses_reminders` came along with the row."""
    if not registration.wants_reminders:
        return False
    known: bool | None = getattr(registration, "refuses_reminders", None)
    if known is None:
        return not RefusedMail.objects.filter(user=registration.user_id, kind=REMINDER).exists()
    return not known


def registration_of(token: str) -> Registration | None:
    """Return the registration that a token names; None for a token that is not ours."""
    return Registration.objects.select_related("forum", "user").filter(pk__in=read(LINK, token)).first()


@transaction.atomic
def set_reminders(registration: Registration, *, wanted: bool, now: datetime) -> Registration:
    """Turn the reminders of one registration on or off. Those that wait in the outbox are asked again when sent. Who wants
    them no longer refuses reminders altogether (events.shared.mail.refused_kinds)."""
    row = Registration.objects.select_for_update(of=("self",)).select_related("user").get(pk=registration.pk)
    if row.wants_reminders != wanted:
        values = {"before": {"wants_reminders": row.wants_reminders}, "after": {"wants_reminders": wanted}}
        log.record(row, verb=RegistrationVerb.SET_REMINDERS, by=row.user, now=now, label=f"#{row.pk}", **values)
    if wanted:
        refused_kinds.accept_again(row.user, key=REMINDER)
    row.wants_reminders = wanted
    row.save(update_fields=["wants_reminders", "updated"])
    return row
