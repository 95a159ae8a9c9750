"""Absolute addresses, for mails and calendar files: from the settings, never from the Host header of a request."""

from django.conf import settings


def absolute(path: str) -> str:
    """Return the address of a path of this site, such as `/2020/agenda/`, with BASE_URL in front."""
    return f"{settings.BASE_URL}{path}"
