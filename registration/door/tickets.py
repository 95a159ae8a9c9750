"""Tickets: who a registration belongs to, signed with the key of its forum (Ed25519), so that a door can check one without a line.

A ticket names a registration by its number and holds nothing else of the person. Whether that registration still counts is known
to the site alone.
"""

import base64
import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey  # noqa: TID251
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from events.models import Forum, Message
from events.shared import key_files
from events.shared.formatting import qr_codes
from events.shared.mail import hooks
from events.shared.pages.absolute_urls import absolute
from registration.accreditation import accreditation_mails
from registration.models import Registration

VERSION = 1
FIELDS = struct.Struct(">BIQ")  # version, forum, registration
SERIAL = struct.Struct(">H")  # behind them, where the ticket is not the first one
SIGNATURE = 64  # bytes
LONGEST = 400  # characters of what a scanner reads


@lru_cache(maxsize=32)
def _private(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


def _key(forum_pk: int) -> Ed25519PrivateKey:
    return _private(key_files.key(f"tickets-{forum_pk}"))


def public_key(forum: Forum) -> bytes:
    """The 32 bytes with which a door checks the tickets of a forum."""
    return _key(forum.pk).public_key().public_bytes_raw()


class Ticket(NamedTuple):
    """What a scanned ticket says: the number of a registration, and the how manieth ticket of it this is, from 1."""

    registration: int
    serial: int


def code(registration: Registration) -> str:
    """The code of a ticket: some hundred letters and digits of base64url; the same until there is a new ticket."""
    said = FIELDS.pack(VERSION, registration.forum_id, registration.pk)
    if registration.ticket_serial > 1:
        said += SERIAL.pack(registration.ticket_serial)
    return base64.urlsafe_b64encode(said + _key(registration.forum_id).sign(said)).rstrip(b"=").decode()


def address(registration: Registration) -> str:
    """What stands in the square: the address that opens the ticket, so that any phone's own camera can read it."""
    return absolute(reverse("registration:ticket", args=[registration.forum.slug, code(registration)]))


def square(registration: Registration) -> SafeString:
    """The square of a ticket."""
    return square_of(address(registration))


def square_of(text: str) -> SafeString:
    """A square (QR code) as SVG, dark on light whatever the page's colours are."""
    return mark_safe(qr_codes.qr_code(text).svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True))  # noqa: S308, ours


@hooks.qr_code(accreditation_mails.REGISTERED)
def _in_mails(messages: Sequence[Message]) -> Mapping[int, str]:
    """The tickets that mails show. Who takes part online has none."""
    people = Registration.objects.select_related("forum", "kind").in_bulk([one.about for one in messages])
    found = ((one, people.get(one.about)) for one in messages)
    return {one.pk: address(person) for one, person in found if person and not person.is_online_only}


def refused(forum: Forum) -> dict[str, Any]:
    """What a door without a line must know, in numbers of registrations: who has withdrawn, who is not approved, and of whom only a
    later ticket counts. One query. It names nobody."""
    rows = Registration.objects.filter(forum=forum).exclude(
        withdrawn=None, state=Registration.State.APPROVED, ticket_serial=1
    )
    found: dict[str, Any] = {"withdrawn": [], "waiting": [], "serials": {}}
    for pk, withdrawn, state, serial in rows.order_by("pk").values_list("pk", "withdrawn", "state", "ticket_serial"):
        if withdrawn:
            found["withdrawn"].append(pk)
        elif state != Registration.State.APPROVED:
            found["waiting"].append(pk)
        else:
            found["serials"][str(pk)] = serial
    return found


def read(text: str, *, forum: Forum) -> Ticket:
    """The ticket that a scanned text is: a code, or the address with it.

    Refuses `unknown-ticket` (no ticket, or not signed by us) and `other-forum`.
    """
    said, signature = _parts(text)
    try:
        version, forum_pk, registration = FIELDS.unpack(said[: FIELDS.size])
        (serial,) = SERIAL.unpack(said[FIELDS.size :]) if said[FIELDS.size :] else (1,)
        if version != VERSION:
            raise _unknown()
        signed_by = forum.pk if forum_pk == forum.pk else _other(forum_pk)
        key: Ed25519PublicKey = _key(signed_by).public_key()
        key.verify(signature, said)
    except (struct.error, InvalidSignature):
        raise _unknown() from None
    if forum_pk != forum.pk:
        raise ValidationError(_("This ticket is for another forum"), code="other-forum")
    return Ticket(registration, serial)


def _parts(text: str) -> tuple[bytes, bytes]:
    try:
        last = urlsplit(text.strip()[:LONGEST]).path.rstrip("/").rpartition("/")[2]
        packed = base64.b64decode(last + "=" * (-len(last) % 4), altchars=b"-_", validate=True)
    except ValueError:  # no address, or no base64
        raise _unknown() from None
    return packed[:-SIGNATURE], packed[-SIGNATURE:]


def _other(forum_pk: int) -> int:
    """The key of another forum that there is: no key is made for a number that somebody made up."""
    if not Forum.objects.filter(pk=forum_pk).exists():
        raise _unknown()
    return forum_pk


def _unknown() -> ValidationError:
    return ValidationError(_("This is not a ticket of this forum. Search by name"), code="unknown-ticket")
