"""Limits that slow a script and let a university behind one address vote: choices per account, ballots per address.

They count in the cache, within a minute of the clock, and nothing is kept longer. An address stands there as a hash
under the edition's key (prizes.vote.edition_key), never as itself. Where the cache is away nobody is held up: the rules of the
vote do not rest on it.
"""

import logging
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import User
from prizes.models import Edition, Trace
from prizes.vote import edition_key, network_traces

logger = logging.getLogger(__name__)

MINUTE = 60  # seconds


def check_choice(edition: Edition, *, user: User, now: datetime) -> None:
    """Refuse (`too-many`) a choice of an account over VOTE_CHOICES_PER_MINUTE; 0: no limit."""
    if _is_over(f"choice:{edition.pk}:{user.pk}", limit=settings.VOTE_CHOICES_PER_MINUTE, now=now):
        raise ValidationError(
            _("You sent many choices just now. What is saved stays saved. Wait a minute and go on"), code="too-many"
        )


def check_ballot(edition: Edition, *, ip: str, now: datetime) -> None:
    """Refuse (`too-many`) to begin a ballot from an address over VOTE_BALLOTS_PER_MINUTE; 0: no limit.

    Of IPv6 an address is its first 64 bits (traces.place). Without the edition's key, destroyed or out of reach, nothing is counted.
    """
    key = edition_key.key_at_hand(edition)
    if key is None:
        return
    place = network_traces.digest(key, kind=Trace.Kind.ADDRESS, ip=ip)
    if _is_over(f"ballot:{place}", limit=settings.VOTE_BALLOTS_PER_MINUTE, now=now):
        raise ValidationError(
            _("Many people began their ballots from your network just now. Wait a minute and try again"),
            code="too-many",
        )


def _is_over(name: str, *, limit: int, now: datetime) -> bool:
    """Count one more under a name in this minute of the clock; whether that is over the limit."""
    if not limit:
        return False
    key = f"vote-limit:{name}:{int(now.timestamp()) // MINUTE}"
    try:
        try:
            count = cache.incr(key)
        except ValueError:  # the first one of this minute, unless another process was quicker
            count = 1 if cache.add(key, 1, timeout=2 * MINUTE) else cache.incr(key)
        return count > limit
    except Exception as error:  # whatever the cache's client raises: a choice must not be lost for want of a limit
        logger.warning("the limits of the vote did not count (%s)", type(error).__name__)
        return False
