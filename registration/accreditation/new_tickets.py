"""A new ticket in place of one that was lost or given away: doors take the last one only (registration.door.tickets)."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import User
from events.shared.history import log
from registration.accreditation import accreditation_mails
from registration.models import Registration
from registration.people.accounts.verbs import RegistrationVerb


@transaction.atomic
def make(registration: Registration, *, by: User, now: datetime) -> Registration:
    """Give a registration the next ticket, by mail where somebody else does it. Refuses `no-ticket` for who does not take part on
    site."""
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    if row.withdrawn or row.state != Registration.State.APPROVED or row.is_online_only:
        raise ValidationError(_("There is no ticket"), code="no-ticket")
    row.ticket_serial += 1
    row.save(update_fields=["ticket_serial", "updated"])
    log.record(row, verb=RegistrationVerb.NEW_TICKET, by=by, now=now, label=f"#{row.pk}")
    if by.pk != row.user_id:
        accreditation_mails.write_registered(row, by=by, words=accreditation_mails.IS_NEW_TICKET, now=now)
    return row
