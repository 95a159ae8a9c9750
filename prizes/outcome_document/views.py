"""The public page of the Outcome Document: its published versions, and their files. The same for everyone."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from events.shared.pages.find_forum import bare_forum, find_forum
from events.shared.pages.public import public_page
from prizes.models import OutcomeDocument
from prizes.outcome_document import versions

TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def download(document: OutcomeDocument, *, kind: str) -> FileResponse:
    """One file of a version with its SHA-256 as its ETag; 404 for another kind than pdf and docx, and where the file is lost."""
    if kind not in TYPES or not (stored := getattr(document, kind)):
        raise Http404
    try:
        file = stored.storage.open(stored.name)
    except OSError as lost:
        raise Http404 from lost
    name = f"{document.forum.slug}-outcome-document-{document.number}.{kind}"
    answer = FileResponse(file, content_type=TYPES[kind], as_attachment=kind == "docx", filename=name)
    answer["ETag"] = f'"{getattr(document, f"{kind}_sha256")}"'
    return answer


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
    answer = download(row, kind=kind)
    answer["Cache-Control"] = "public, max-age=300"
    return answer
