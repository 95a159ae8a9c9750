"""The page /mail/ of a site without SMTP: the mails it has sent, read from their files. It holds log-in codes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from config.running.monitoring.request_id import came_through_a_proxy

PER_PAGE = 20


@dataclass(frozen=True)
class SentMail:
    """One mail, as far as the page shows it."""

    to: str
    subject: str
    sent: datetime | None
    text: str
    files: list[str]


def read(path: Path) -> SentMail | None:
    """Return the mail of a file; None when the file has just been cleared away."""
    try:
        mail = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(path.read_bytes())
    except FileNotFoundError:
        return None
    body = mail.get_body(("plain",))
    date = mail["Date"]
    return SentMail(
        to=str(mail["To"] or ""),
        subject=str(mail["Subject"] or ""),
        sent=parsedate_to_datetime(str(date)).replace(tzinfo=UTC) if date else None,  # ours are in UTC
        text=str(body.get_content()) if body else "",
        files=[name for part in mail.iter_attachments() if (name := part.get_filename())],
    )


@require_safe
@cache_control(private=True, no_store=True)
def sent_mails(request: HttpRequest) -> HttpResponse:
    """List the mails, newest first; `to`: only those whose address holds this text."""
    if not settings.SHOW_MAIL or came_through_a_proxy(request):
        raise Http404
    paths = sorted(Path(settings.EMAIL_FILE_PATH).glob("*.eml"), reverse=True)
    to = request.GET.get("to", "").strip()[:254]
    if to:
        paths = [path for path in paths if (mail := read(path)) and to.lower() in mail.to.lower()]
    page = Paginator(paths, PER_PAGE).get_page(request.GET.get("page"))
    mails = [mail for path in page if (mail := read(path))]
    return render(request, "mail/sent.html", {"page": page, "mails": mails, "to": to})
