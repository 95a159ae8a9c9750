"""Uploaded files (/media/…). What a browser may do with one follows from its bytes: never from its name or uploader."""

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from events.models import uploads
from events.shared.drawings import monogram, picture_sizes
from events.shared.pages import second_step, stored_files

TYPES = {"pdf": "application/pdf", "png": "image/png", "jpeg": "image/jpeg"}
# Should a browser take a file for a page after all, the page can do nothing.
POLICY = "default-src 'none'; sandbox"
PUBLIC = "public, max-age=300"  # a file that is taken back is gone from caches as soon
FOR_EVER = "public, max-age=31536000, immutable"  # all that is drawn stands in the address


@require_safe
def media(request: HttpRequest, name: str, width: int | None = None) -> FileResponse:
    """An uploaded file, or a picture in one of its widths: pictures are shown, documents saved. Files of drafts are for
    staff who may see their rows, documents also for the hosts of their session."""
    found = stored_files.stored_file(name)
    if found is None:
        raise Http404
    if not found.is_public and second_step.is_missing(request):
        raise second_step.SecondStepFirst
    if not stored_files.may_see(found, by=request.user):
        raise Http404
    if width is None:
        response = stored_file_response(found.file, title=found.title, is_download=name.startswith("documents/"))
    else:
        response = _sized(found, width)
    response["Cache-Control"] = PUBLIC if found.is_public else "private, no-store"
    response["X-Accel-Expires"] = "10" if found.is_public else "0"  # seconds for which nginx gives it without asking
    return response


def _sized(found: stored_files.ServedFile, width: int) -> FileResponse:
    sized = picture_sizes.made(found.file, width)
    if sized is None:
        raise Http404
    try:
        response = FileResponse(found.file.storage.open(sized), content_type="image/webp")
    except OSError as lost:  # replaced in this moment
        raise Http404 from lost
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
def monogram_file(request: HttpRequest, key: str, letters: str) -> HttpResponse:
    """The monogram of a key and the letters of a name. It says nothing of anybody that does not stand in its address."""
    response = HttpResponse(monogram.drawn(key, letters), content_type="image/svg+xml")
    response["Cache-Control"] = FOR_EVER
    response["Content-Security-Policy"] = POLICY
    return response


def stored_file_response(stored: FieldFile, *, title: str, is_download: bool = True) -> FileResponse:
    """The bytes of an upload, as a download or to be shown; 404 where they are gone, or are of no kind that we take."""
    try:
        file = stored.storage.open(stored.name or "")
    except OSError as lost:
        raise Http404 from lost
    kind = uploads.content_type_of(file.read(16))
    file.seek(0)
    if kind is None:
        file.close()
        raise Http404
    name = slugify(title, allow_unicode=True)[:80] or "file"
    response = FileResponse(file, content_type=TYPES[kind], as_attachment=is_download, filename=f"{name}.{kind}")
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response
