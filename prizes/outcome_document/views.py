"""The public page of the Outcome Document: its published versions, and their files. The same for everyone."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from events.shared.pages.find_forum import bare_forum, find_forum
from events.shared.pages.public import public_page
from prizes.outcome_document import downloads, versions


@public_page
def document(request: HttpRequest, forum: str) -> HttpResponse:
    """The versions that organisers published, the latest first."""
    found = find_forum(forum)
    context = {"forum": found, "versions": versions.published(found)}
    return render(request, "prizes/outcome_document/versions.html", context)


@require_safe
def file(request: HttpRequest, forum: str, number: int, kind: str) -> FileResponse:
    """A file (`kind`: pdf or docx) of a published version; 404 for others."""
    row = get_object_or_404(versions.published(bare_forum(forum)).select_related("forum"), number=number)
    answer = downloads.response(row, kind=kind)
    answer["Cache-Control"] = "public, max-age=300"
    return answer
