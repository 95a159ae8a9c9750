"""Voters who erased their account: their ballots count on, and nobody votes again by the same address.

Until the edition is closed a hash of the address under the edition's key tells that it has voted. Without the key, which lies
outside the database and is destroyed at the close, nobody can try addresses against it.
"""

import hashlib
import hmac
from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import User
from prizes.models import Edition, ErasedVoter, Trace
from prizes.vote import network_key


def digest(key: bytes, *, address: str) -> str:
    """The hash (hex, 256 bits) of an address under a key."""
    return hmac.new(key, f"voter|{address.strip().lower()}".encode(), hashlib.sha256).hexdigest()


def note(user: User, *, addresses: Iterable[str]) -> int:
    """Note the addresses of somebody who is erased, for each open edition in which they have a ballot; return for how many.

    Refuses `key-away` where the key of such an edition cannot be read, or is not there although something was hashed under
    it: without the note, or with one under another key, somebody could vote twice.
    """
    editions = Edition.objects.filter(closed=None, ballots__user=user).order_by("pk")
    for edition in editions:
        is_away = _has_hashes(edition) and not network_key.is_there(edition)
        key = None if is_away else network_key.key(edition)
        if key is None:
            raise ValidationError(
                _("The key of “%(prize)s” is out of reach") % {"prize": edition.name}, code="key-away"
            )
        rows = [ErasedVoter(edition=edition, digest=digest(key, address=address)) for address in sorted(addresses)]
        ErasedVoter.objects.bulk_create(rows, ignore_conflicts=True)
    return len(editions)


def _has_hashes(edition: Edition) -> bool:
    """Whether a key of the edition was used: it lies somewhere, and a new one would be another."""
    traces = Trace.objects.filter(ballot__edition=edition)
    return traces.exists() or ErasedVoter.objects.filter(edition=edition).exists()


def check(edition: Edition, *, user: User) -> None:
    """Refuse (`voted-before`) who has an address by which somebody voted and was erased since."""
    noted = ErasedVoter.objects.filter(edition=edition)
    if not noted.exists():
        return
    key = network_key.key(edition)
    if key is None:
        return
    addresses = {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}
    if noted.filter(digest__in=[digest(key, address=address) for address in addresses]).exists():
        raise ValidationError(
            _(
                "Somebody voted with this address and erased the account. That ballot counts, and there is no second one"
            ),
            code="voted-before",
        )
