"""The certificate as a file, for whoever has its code."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from events.shared.pages.public import public_page
from events.shared.pdf.certificates import source
from events.shared.pdf.responses import pdf_response
from registration.sessions.certificates import certificate_page, issuing

FRESH = 30  # seconds for which a page is kept: an invalid document is shown as such after this time at the latest


@public_page(seconds=FRESH, is_never_late=True)
def file(request: HttpRequest, code: str) -> HttpResponse:
    """A certificate of participation that holds, as a PDF in the address's language; else 404."""
    now, found = timezone.now(), certificate_page.find(code)
    part = issuing.held_part(found, now=now) if found else None
    if found is None or part is None:
        raise Http404
    name = f"certificate-{found.code}.pdf"
    return pdf_response(request, source(certificate_page.page(found, part)), name=name, now=now)
