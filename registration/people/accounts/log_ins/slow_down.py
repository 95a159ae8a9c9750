"""A network from which somebody tries many different addresses that have no account is slowed, and never refused.

Who is slowed waits five seconds between the page and the button: the browser is told so and keeps the form, and no thread of the
server waits. A person who types has waited already. Networks of venues (settings.VENUE_NETWORKS) are not counted.

What slows is drawn by chance, more and more often: so nobody sees from it whether one address more was unknown (decision 0029).
"""

import secrets
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from events.models import User
from events.shared.pages.personal import arrival
from events.shared.pages.rate_limits import HOUR, MINUTE, counted, is_over
from events.shared.secret_links import read, signed_now
from registration.people.accounts.log_ins.networks import ip_of, network_of

STRETCH = 10 * MINUTE
FIRST_IS_SLOWED = 300  # unknown addresses in a stretch, after which one in six hundred is slowed
ALL_ARE_SLOWED = 900  # … after which every one is
WAIT = 5  # seconds
HASHES = 120  # passwords looked at in a minute for a slowed network: each takes a third of a second of a core
KIND = "accounts.slow_down"


def _name(request: HttpRequest) -> str:
    """Under which name the tries of a network count; "" at a venue."""
    here = ip_address(ip_of(request.META).partition("%")[0])
    at_a_venue = any(here in ip_network(one) for one in settings.VENUE_NETWORKS)
    return "" if at_a_venue else f"unknown addresses:{network_of(request.META)}"


def count(request: HttpRequest, *, email: str) -> None:
    """Count an address at which somebody tries, where it has no account: once in a stretch, so that who tries one address for
    hours learns nothing of it. One that has an account takes as long."""
    address, now, name = email.strip().lower(), arrival(request), _name(request)
    is_known = User.objects.filter(email=address).exists()
    if name:
        is_again = is_over(f"{name}:{address}", limit=1, seconds=STRETCH, now=now)
        is_over("not counted" if is_known or is_again else name, limit=1, seconds=STRETCH, now=now)


def is_slowed(request: HttpRequest) -> bool:
    """Whether this request is slowed; the same for all of the request."""
    known: dict[str, bool] = request.__dict__.setdefault("slowed", {})
    if not known:
        name = _name(request)
        number = counted(name, seconds=STRETCH, now=arrival(request)) if name else 0
        known["is"] = secrets.randbelow(ALL_ARE_SLOWED - FIRST_IS_SLOWED) < number - FIRST_IS_SLOWED
    return known["is"]


def ticket(request: HttpRequest) -> str:
    """What a page puts into its form, to show later how long ago it was opened."""
    return signed_now(KIND, _name(request), secrets.token_urlsafe(9), int(arrival(request).timestamp()))


def has_waited(request: HttpRequest, *, ticket: str, hashes: bool) -> bool:
    """Whether the page of a form was opened WAIT seconds ago or more, in this network, and nothing was sent with it since.
    `hashes`: it makes the site look at a password; who comes when HASHES were waits once more."""
    name, number, opened = read(KIND, ticket, lives=HOUR) or (None, "", 0)
    is_old = name == _name(request) and arrival(request).timestamp() - opened >= WAIT
    if not is_old or not cache.add(f"waited:{number}", 1, timeout=2 * HOUR):
        return False
    return not (hashes and is_over(f"hashes:{name}", limit=HASHES, seconds=MINUTE, now=arrival(request)))
