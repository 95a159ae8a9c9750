"""The answer to who asks for a PDF file: the file, or that it is being made. And the page of organisers that waits for a job."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from events.models.columns import Job
from events.shared.admin.admin_page_bases import AdminPages
from events.shared.pdf import pdf_files
from events.shared.pdf.pdf_files import PdfSource

SOON, LATER = 3, 600  # seconds after which to come again
SAME_FOR = 0.5  # seconds in which all who ask get the same answer: gathering what is drawn takes a moment


def pdf_response(request: HttpRequest, source: PdfSource, *, name: str, now: datetime) -> HttpResponse:
    """The file, shown under a name; 503 with Retry-After and a page that asks again by itself while it is being made.

    503 because a program that is told anything better would take the page for the file.
    """
    has_failed, file = False, None
    try:
        file = pdf_files.ask(source, now=now)
    except pdf_files.Failed:
        has_failed = True
    if file is not None:
        disposition = {"Content-Disposition": f'inline; filename="{name}"'}
        return HttpResponse(file, content_type="application/pdf", headers=disposition)
    context = {"has_failed": has_failed, "seconds": SOON, "path": request.get_full_path()}
    return being_made(render(request, "events/pdf/being_made.html", context), has_failed=has_failed)


def being_made[Response: HttpResponse](response: Response, *, has_failed: bool = False, progress: int = 0) -> Response:
    """A page that waits for a file, as the answer until the file is there. `progress`: percent, for a bar that the page has."""
    response.status_code = 503
    response["Retry-After"] = LATER if has_failed else SOON
    response["Progress"] = progress
    response.is_being_made = not has_failed  # type: ignore[attr-defined]  # told apart from faults (config.running.monitoring)
    response.life = SAME_FOR  # type: ignore[attr-defined]
    response._has_been_logged = True  # type: ignore[attr-defined]  # it is the answer here, asked for again and again
    return response


def job_page(admin: AdminPages, request: HttpRequest, job: Job, **context: Any) -> HttpResponse:
    """An organisers' page that waits for a job, with a bar. `context`: what the page says (templates/admin/being_made.html)."""
    page = admin.admin_page(request, "admin/being_made.html", job=job, seconds=SOON, **context)
    return being_made(page, progress=job.progress)
