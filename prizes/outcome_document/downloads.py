"""The files of an Outcome Document as they are sent."""

from django.http import FileResponse, Http404

from prizes.models import OutcomeDocument

TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def response(document: OutcomeDocument, *, kind: str) -> FileResponse:
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
