"""Whom to tell of a weakness of the site: /.well-known/security.txt (RFC 9116)."""

from datetime import UTC, datetime, time, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

LIFE = timedelta(days=180)  # the standard wants less than a year


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Name SECURITY_CONTACT, or where there is none the sender of the site's mails."""
    contact = settings.SECURITY_CONTACT or f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"
    until = datetime.combine(timezone.now().date(), time(), UTC) + LIFE
    lines = [
        f"Contact: {contact}",
        f"Expires: {until:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(code for code, _name in settings.LANGUAGES)}",
        f"Canonical: {settings.BASE_URL.rstrip('/')}/.well-known/security.txt",
    ]
    return HttpResponse("".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8")
