"""One box, one address: the form in which a mail server gets an e-mail address, whatever was typed."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.encoding import punycode
from django.utils.translation import gettext as _

NEEDS_NO_QUOTES = re.compile(r"[-!#$%&'*+/=?^_`{}|~0-9a-z]+(\.[-!#$%&'*+/=?^_`{}|~0-9a-z]+)*")


def canonical(address: str) -> str:
    """The one form of an address: small letters, no quotes, the domain in ASCII (IDNA, as mails are sent). Refuses `invalid`: what is
    no address, and what has no such form: a name that needs quotes, and a number in place of a domain."""
    address = address.strip().lower()
    validate_email(address)
    name, _at, domain = address.rpartition("@")
    if name.startswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1], flags=re.DOTALL)
    try:
        domain = punycode(domain).lower()
    except UnicodeError:
        domain = ""
    if not NEEDS_NO_QUOTES.fullmatch(name) or not domain or domain.startswith("["):
        raise ValidationError(
            _("Write this address without quotes and signs that mail servers read differently"), code="invalid"
        )
    return f"{name}@{domain}"


def same(address: str) -> str:
    """The one form of an address, to compare; where it has none, its small letters: addresses of old accounts stay as they are."""
    try:
        return canonical(address)
    except ValidationError:
        return address.strip().lower()
