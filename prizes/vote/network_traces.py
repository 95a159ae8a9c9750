"""Where a ballot was filled from, as keyed hashes: enough to find many ballots of one network, and no address anywhere."""

import ipaddress
from collections import OrderedDict

from django.db import transaction

from prizes.models import Ballot, Trace
from prizes.vote import network_key

PLACES = (Trace.Kind.ADDRESS, Trace.Kind.NETWORK)
ADDRESS_BITS = {4: 32, 6: 64}  # of IPv6 the first 64 bits are one household or hall
NETWORK_BITS = {4: 24, 6: 48}
REMEMBERED = 10_000  # ballots with their place, in each process
_committed: OrderedDict[tuple[object, ...], None] = OrderedDict()


def place(ip: str, *, kind: str) -> str:
    """The address or network (`kind` of `Trace.Kind`) that an IP stands for, as text.

    An IPv4 address in IPv6 clothes is the IPv4 address. Refuses nothing: what is no address stands for itself.
    """
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])  # without the name of a network card
    except ValueError:
        return ip
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    bits = (ADDRESS_BITS if kind == Trace.Kind.ADDRESS else NETWORK_BITS)[address.version]
    return str(ipaddress.ip_network((address, bits), strict=False))


def digest(key: bytes, *, kind: str, ip: str) -> str:
    """The hash (hex, 96 bits) of an address or of its network under a key."""
    return network_key.hashed(key, f"{kind}|{place(ip, kind=kind)}")[:24]


def leave(ballot: Ballot, *, ip: str) -> None:
    """Write down, once, that a choice of this ballot came from `ip`. Nothing is written once the edition is closed.

    A voter's eighteen choices mostly come from one place: this process remembers, as hashes, what it has committed.
    """
    key = network_key.key(ballot.edition)
    if key is None:
        return
    digests = {kind: digest(key, kind=kind, ip=ip) for kind in PLACES}
    mark = (ballot.edition.key_name, ballot.pk, *digests.values())
    if mark in _committed:
        return
    Trace.objects.bulk_create(
        [Trace(ballot=ballot, kind=kind, digest=text) for kind, text in digests.items()], ignore_conflicts=True
    )

    def remember() -> None:
        _committed[mark] = None
        while len(_committed) > REMEMBERED:
            _committed.popitem(last=False)

    transaction.on_commit(remember)
