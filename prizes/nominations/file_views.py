"""The files of a nomination: sent one by one, removed, and served as downloads to the few who may have them."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from events.models import uploads
from events.pages.file_views import POLICY, TYPES
from events.pages.personal import arrival, person, personal, private
from prizes.models import Attachment, Nomination
from prizes.nominations import project_files, views
from prizes.nominations.form.forms import CHECK, FileForm
from prizes.nominations.own import find_own, to_page, to_step


def _added(request: HttpRequest, nomination: Nomination, *, form: FileForm) -> bool:
    """Attach the file of a valid form; a refusal stands at the file."""
    if not form.is_valid():
        return False
    try:
        project_files.add(
            nomination,
            by=person(request),
            title=form.cleaned_data["title"],
            file=form.cleaned_data["file"],
            arrived=arrival(request),
            now=timezone.now(),
        )
    except ValidationError as refusal:
        form.add_error("file", ValidationError(refusal.messages))
        return False
    return True


@personal
def files(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """The step of links and files: save the links, and attach the file that came with them."""
    nomination = find_own(request, forum=forum, code=code)
    if request.method != "POST":
        return views.step(request, forum=forum, code=code, step="files")
    form = views.make_form(nomination, step="files", data=request.POST)
    nomination, page = views.saved_step(request, nomination, form=form)
    if page and form.non_field_errors():
        return page
    if "upload" in request.POST or request.FILES:
        file_form = FileForm(request.POST, request.FILES, auto_id="id_upload_%s")
        if not _added(request, nomination, form=file_form):
            return views.step_page(request, nomination, form=form, file_form=file_form)
    if page:
        return views.step_page(request, nomination, form=form) if form.errors else page
    return to_step(nomination, "files" if "upload" in request.POST else CHECK)


@personal
def remove_file(request: HttpRequest, forum: str, code: str, pk: int) -> HttpResponse:
    """Take a file away; the links that were typed beside it are kept."""
    nomination = find_own(request, forum=forum, code=code)
    if request.method != "POST":
        return to_step(nomination, "files")
    typed = request.POST if "links" in request.POST else None
    form = views.make_form(nomination, step="files", data=typed)
    try:
        if typed is not None:
            nomination = views.keep(request, nomination, form=form)
        if attachment := nomination.attachments.filter(pk=pk).first():
            project_files.remove(attachment, by=person(request), arrived=arrival(request), now=timezone.now())
    except ValidationError as refusal:
        if typed is None:
            return to_page(nomination)
        views.refuse(form, refusal)
    if form.errors:
        return views.step_page(request, find_own(request, forum=forum, code=code), form=form)
    return to_step(nomination, "files")


@private
@login_required
@require_safe
def file(request: HttpRequest, forum: str, code: str, pk: int) -> HttpResponseBase:
    """A file as a download. 404 for everybody but those of `nomination_files.may_read`, as if there was none."""
    rows = Attachment.objects.filter(nomination__edition__forum__slug=forum, nomination__code=code)
    found = rows.filter(pk=pk).select_related("nomination__edition").first()
    if found is None or not project_files.may_read(found.nomination, user=person(request)):
        raise Http404
    try:
        opened = found.file.storage.open(found.file.name or "")
    except OSError as lost:
        raise Http404 from lost
    kind = uploads.content_type_of(opened.read(16))
    opened.seek(0)
    if kind is None:
        opened.close()
        raise Http404
    title = slugify(found.title, allow_unicode=True)[:80] or "file"
    response = FileResponse(opened, content_type=TYPES[kind], as_attachment=True, filename=f"{title}.{kind}")
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response
