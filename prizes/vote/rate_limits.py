"""Limits that slow a script and let a university behind one address vote: choices per account, ballots per address.

They count within a minute of the clock (events.shared.pages.rate_limits). An address is a hash under the edition's key
(prizes.vote.network_key) before it gets there.
"""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import User
from events.shared.pages.rate_limits import MINUTE, is_over
from prizes.models import Edition, Trace
from prizes.vote import network_key, network_traces


def check_choice(edition: Edition, *, user: User, now: datetime) -> None:
    """Refuse (`too-many`) a choice of an account over VOTE_CHOICES_PER_MINUTE; 0: no limit."""
    name, limit = f"choice:{edition.pk}:{user.pk}", settings.VOTE_CHOICES_PER_MINUTE
    if is_over(name, limit=limit, seconds=MINUTE, now=now):
        raise ValidationError(
            _("You sent many choices just now. What is saved stays saved. Wait a minute and go on"), code="too-many"
        )


def check_ballot(edition: Edition, *, ip: str, now: datetime) -> None:
    """Refuse (`too-many`) to begin a ballot from an address over VOTE_BALLOTS_PER_MINUTE; 0: no limit.

    Of IPv6 an address is its first 64 bits (traces.place). Without the edition's key, destroyed or out of reach, nothing is counted.
    """
    key = network_key.key(edition)
    if key is None:
        return
    place = network_traces.digest(key, kind=Trace.Kind.ADDRESS, ip=ip)
    if is_over(f"ballot:{place}", limit=settings.VOTE_BALLOTS_PER_MINUTE, seconds=MINUTE, now=now):
        raise ValidationError(
            _("Many people began their ballots from your network just now. Wait a minute and try again"),
            code="too-many",
        )
