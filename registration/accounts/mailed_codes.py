"""Codes that we mail: the session keeps a digest. Who reads the sessions in the database logs in with none of them."""

from allauth.core.internal.cryptokit import normalize_user_code
from django.utils.crypto import salted_hmac


def digest(code: str) -> str:
    """What is kept of a code, however it is typed: keyed, for a code is too short to be safe by a bare hash."""
    return salted_hmac("accounts.mailed_codes", normalize_user_code(code), algorithm="sha256").hexdigest()
