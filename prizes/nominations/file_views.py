"""The files of a nomination: sent one by one, removed, and served as downloads to the few who may have them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from events.drafts.drafts import CHECK
from events.pages.file_views import stored_file_response
from events.pages.personal import arrival, person, personal, private
from prizes.models import Attachment
from prizes.nominations import project_files
from prizes.nominations.views import FileForm, pages


@personal
def files(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """The step of links and files: save the links, and attach the file that came with them."""
    where = {"forum": forum, "code": code}
    draft = pages.find(request, **where)
    form = pages.form(draft, step="files", data=request.POST)
    if request.method != "POST" or form is None:
        return pages.open_step(request, draft, step="files", where=where)
    draft, page = pages.saved_step(request, draft, form=form, where=where)
    if page and form.non_field_errors():
        return page
    if "upload" in request.POST or request.FILES:
        file_form = FileForm(request.POST, request.FILES, auto_id="id_upload_%s")
        if file_form.is_valid():
            by, arrived, data = person(request), arrival(request), file_form.cleaned_data
            try:
                project_files.add(draft.row, by=by, arrived=arrived, now=timezone.now(), **data)
            except ValidationError as refusal:
                file_form.add_error("file", ValidationError(refusal.messages))
        if file_form.errors:
            return pages.step_page(request, draft, form=form, file_form=file_form)
    if page:
        return pages.step_page(request, draft, form=form) if form.errors else page
    return HttpResponseRedirect(pages.url(draft, "files" if "upload" in request.POST else CHECK))


@personal
def remove_file(request: HttpRequest, forum: str, code: str, pk: int) -> HttpResponse:
    """Take a file away; the links that were typed beside it are kept."""
    where = {"forum": forum, "code": code}
    draft = pages.find(request, **where)
    there = HttpResponseRedirect(pages.url(draft, "files"))
    if request.method != "POST":
        return there
    form = pages.form(draft, step="files", data=request.POST if "links" in request.POST else None)
    if form and form.is_bound:
        draft, page = pages.saved_step(request, draft, form=form, where=where)
        if page and form.errors:
            return page
    try:
        if attachment := draft.row.attachments.filter(pk=pk).first():
            project_files.remove(attachment, by=person(request), arrived=arrival(request), now=timezone.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(pages.url(draft))
    return there


@private
@login_required
@require_safe
def file(request: HttpRequest, forum: str, code: str, pk: int) -> FileResponse:
    """A file as a download. 404 for everybody but those of `project_files.may_read`, as if there was none."""
    rows = Attachment.objects.filter(nomination__edition__forum__slug=forum, nomination__code=code)
    found = rows.filter(pk=pk).select_related("nomination__edition").first()
    if found is None or not project_files.may_read(found.nomination, user=person(request)):
        raise Http404
    return stored_file_response(found.file, title=found.title)
