"""Addresses to which no more mail goes: their server said for good that it takes none, or their owner complained.

Account mails go all the same: somebody has just asked for them, and an address that works again must not keep its owner out
(decision 0053). Every other mail is cancelled just before it would go, and its row says why.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Message, SuppressedAddress, User
from events.shared.history import log
from events.shared.history.verbs import Verb
from events.shared.mail.refusals import clean_error

Reason = SuppressedAddress.Reason


class BounceReport(NamedTuple):
    """What is reported of an address: why no mail may go there, what was said, and when (UTC)."""

    address: str
    reason: str
    said: str
    at: datetime


@transaction.atomic
def suppress(reports: Sequence[BounceReport], *, now: datetime) -> int:
    """Suppress the addresses of these reports; return how many are new. The same report twice, or one that is older than the
    moment at which organisers freed its address, changes nothing. Addresses to which we never wrote are left out."""
    number = 0
    for report in reports:
        address = report.address.strip().lower()
        if not Message.objects.filter(to__in={address, report.address.strip()}).exists():
            continue
        row = SuppressedAddress.objects.select_for_update().filter(address=address).first()
        if row and (row.freed is None or report.at <= row.freed):
            continue
        row = row or SuppressedAddress(address=address)
        row.reason, row.since, row.freed = report.reason, min(report.at, now), None
        row.said = clean_error(report.said, is_secret=False)
        row.save()
        log.record(row, verb=Verb.SUPPRESS_ADDRESS, by=None, now=now, label=f"#{row.pk}", reason=row.reason)
        number += 1
    return number


@transaction.atomic
def free(address: SuppressedAddress, *, reason: str, by: User, now: datetime) -> SuppressedAddress:
    """Let mails go to an address again. Refuses `no-reason`, and `freed-already`."""
    row = SuppressedAddress.objects.select_for_update().get(pk=address.pk)
    if not reason.strip():
        raise ValidationError({"reason": ValidationError(_("Say why, in a sentence or two"), code="no-reason")})
    if row.freed is not None:
        raise ValidationError(_("This address is freed already"), code="freed-already")
    row.freed = now
    row.save(update_fields=["freed"])
    log.record(row, verb=Verb.FREE_ADDRESS, by=by, now=now, label=f"#{row.pk}", reason=reason.strip())
    return row


def among(addresses: Collection[str]) -> set[str]:
    """Those of these addresses (small letters) that are suppressed. One query."""
    rows = SuppressedAddress.objects.filter(address__in=addresses, freed=None)
    return set(rows.values_list("address", flat=True))


def stopped(messages: Sequence[Message]) -> list[Message]:
    """Those of these mails that do not go, because their address is suppressed; they say so (`left_out`)."""
    asked = [one for one in messages if one.queue != Message.Queue.ACCOUNT]
    found = among({one.to.lower() for one in asked})
    rows = [one for one in asked if one.to.lower() in found]
    for one in rows:
        one.left_out = Message.Reason.SUPPRESSED
    return rows
