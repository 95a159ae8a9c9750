"""How many mails a minute go to one receiving domain (`MAIL_PER_DOMAIN_PER_MINUTE`), however many workers there are.

For each domain with a limit a row says from when on its next mail may go; each mail moves that on by its share of a
minute. Log-in codes and other account mails are never held back, and take no share: they are few, and people wait for them.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from events.mail.envelope import domain_of
from events.models import DomainPace, Message

# What was not used before may be used at once, up to so much: workers look every two seconds.
BURST = timedelta(seconds=2)


def limit_of(domain: str) -> int | None:
    """Mails a minute to a domain: its own limit, else that of all others (`*`), else none."""
    limits: dict[str, int] = settings.MAIL_PER_DOMAIN_PER_MINUTE
    return limits.get(domain, limits.get("*"))


def closed(now: datetime) -> list[str]:
    """The domains that get no mail at this moment."""
    return list(DomainPace.objects.filter(free_from__gt=now).values_list("domain", flat=True))


def take(messages: Sequence[Message], *, now: datetime) -> tuple[list[Message], set[str]]:
    """Of these mails those that may go now, and the domains for which that was not all. What may go is counted.

    To be called in the transaction that claims them: workers take turns at each domain, and none waits for another.
    """
    by_domain: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        by_domain[domain_of(message.to)].append(message)
    limits = {domain: limit for domain in by_domain if (limit := limit_of(domain)) is not None}
    paces = _locked(sorted(limits), now=now)
    held_back: set[int] = set()
    full: set[str] = set()
    for domain in limits.keys() - paces.keys():  # another worker is just counting there
        held_back.update(message.pk for message in by_domain[domain])
        full.add(domain)
    for domain, pace in paces.items():
        share = timedelta(minutes=1) / limits[domain]
        free_from = max(pace.free_from, now - BURST)
        for message in by_domain[domain]:
            if free_from > now:
                held_back.add(message.pk)
                full.add(domain)
            else:
                free_from += share
        pace.free_from = free_from
    DomainPace.objects.bulk_update(paces.values(), ["free_from"])
    return [message for message in messages if message.pk not in held_back], full


def _locked(domains: Sequence[str], *, now: datetime) -> dict[str, DomainPace]:
    """The rows of those of these domains that nobody else holds."""
    known = set(DomainPace.objects.filter(domain__in=domains).values_list("domain", flat=True))
    fresh = [DomainPace(domain=domain, free_from=now) for domain in domains if domain not in known]
    DomainPace.objects.bulk_create(fresh, ignore_conflicts=True)
    rows = DomainPace.objects.select_for_update(skip_locked=True).filter(domain__in=domains).order_by("domain")
    return {row.domain: row for row in rows}
