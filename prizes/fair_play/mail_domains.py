"""What an e-mail address tells about accounts that may be one person's: throw-away services, one box under many names.

All of it is SQL, because it is asked about a hundred thousand accounts at once.
"""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.db.models import Case, CharField, Expression, Q, Value, When
from django.db.models.functions import Concat, Lower, Replace, StrIndex, Substr

LIST = Path(__file__).parent.parent / "data" / "throwaway_domains.txt"


@cache
def _listed() -> frozenset[str]:
    lines = (line.partition("#")[0].strip().lower() for line in LIST.read_text().splitlines())
    return frozenset(line for line in lines if line)


def throwaway() -> frozenset[str]:
    """The domains of throw-away mail: those of our list, and those of the setting THROWAWAY_DOMAINS."""
    return _listed() | {domain.strip().lower() for domain in settings.THROWAWAY_DOMAINS}


def _before(text: Expression, sign: str) -> Expression:
    """The part before the first `sign`; all of it where there is none."""
    return Substr(text, 1, StrIndex(Concat(text, Value(sign)), Value(sign)) - Value(1))


def _after(text: Expression, sign: str) -> Expression:
    """The part behind the first `sign`; "" where there is none."""
    return Substr(text, StrIndex(Concat(text, Value(sign)), Value(sign)) + Value(1))


def domain_of(field: str) -> Expression:
    """The domain of the address in `field`, in small letters."""
    return _after(Lower(field), "@")


def parent_of(field: str) -> Expression:
    """The domain above the domain of the address in `field`."""
    return _after(domain_of(field), ".")


def box_of(field: str) -> Expression:
    """The box that the address in `field` may lead to: small letters, no dots before the @, no tag behind a +.

    Not every service reads addresses so: accounts of one box are a question, never a proof. Where nothing is left
    before the @ it begins with the @.
    """
    domain = domain_of(field)
    one_name = Case(When(Q(domain="googlemail.com"), then=Value("gmail.com")), default=domain)
    name = Replace(_before(_before(Lower(field), "@"), "+"), Value("."), Value(""))
    return Concat(name, Value("@"), one_name, output_field=CharField())
