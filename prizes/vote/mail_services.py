"""What the domain of an e-mail address tells about accounts that may be one person's: throw-away services. Of one box under
many names: events.shared.formatting.mail_boxes."""

from functools import cache
from pathlib import Path

from django.conf import settings

from events.shared.formatting import addresses

LIST = Path(__file__).parent.parent / "data" / "throwaway_domains.txt"


@cache
def _listed() -> frozenset[str]:
    lines = (line.partition("#")[0].strip().lower() for line in LIST.read_text().splitlines())
    return frozenset(line for line in lines if line)


def throwaway() -> frozenset[str]:
    """The domains of throw-away mail: those of our list, and those of the setting THROWAWAY_DOMAINS."""
    return _listed() | {domain.strip().lower() for domain in settings.THROWAWAY_DOMAINS}


def domains_of(address: str) -> list[str]:
    """The domain of an address in small letters, and the one above it but for the last: x.mailinator.com, mailinator.com."""
    domain = addresses.same(address).rpartition("@")[2]
    return [part for part in (domain, domain.partition(".")[2]) if "." in part]
