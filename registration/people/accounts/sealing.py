"""Secrets that the database keeps: encrypted where the site has to read them again, else as a digest, both with a key made of
SECRET_KEY. So who reads the database alone opens nothing."""

import base64

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


def _keys() -> MultiFernet:
    """Of today's key; what former ones sealed can still be read."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [salted_hmac("accounts.second_factor", "", secret=one, algorithm="sha256").digest() for one in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def seal(text: str) -> str:
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises `cryptography.fernet.InvalidToken` for what this site did not seal."""
    return _keys().decrypt(sealed.encode()).decode()


def digest(code: str) -> str:
    """What a session keeps of a mailed code, however it is typed: keyed, for a code is too short to be safe by a bare hash."""
    typed = "".join(filter(str.isalnum, code)).lower()
    return salted_hmac("accounts.mailed_codes", typed, algorithm="sha256").hexdigest()
