"""The address of a visitor's machine, and its network: of the address nothing else is written down. That is enough to know
one's own log-ins by, and for nobody to be found."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.conf import settings

UNKNOWN_IP = "0.0.0.0"  # noqa: S104  visitors whose address we cannot tell share one limit
BITS = {4: 24, 6: 48}


def ip_of(environ: Mapping[str, Any]) -> str:
    """The address of the machine that a request comes from.

    X-Forwarded-For is written by anybody: only its last TRUSTED_PROXIES entries come from our own
    proxies, and the first of those is the visitor. With fewer entries than proxies the header is not theirs.
    """
    hops = settings.TRUSTED_PROXIES
    entries = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    found = entries[-hops] if hops and len(entries) >= hops else environ.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(found.strip("[]")))
    except ValueError:
        return UNKNOWN_IP


def network_of(environ: Mapping[str, Any]) -> str:
    """The network that a request comes from: “203.0.113.0/24”, “2001:db8:1::/48”; "" where its address is not known."""
    ip = ip_of(environ)
    if ip == UNKNOWN_IP:
        return ""
    address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network((address, BITS[address.version]), strict=False))
