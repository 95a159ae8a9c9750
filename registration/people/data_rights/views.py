"""The pages of one's own data: a copy of it, where to correct it, and being erased."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events.models import Forum, User
from events.shared.pages.personal import arrival, person, personal
from registration.models import DataCopy, Erasure, Registration
from registration.people.data_rights import copies, erasures
from registration.people.data_rights.everything_held import person_of, published, warnings
from registration.people.data_rights.forms import ErasureForm


def _frame(request: HttpRequest) -> dict[str, object]:
    return {"forum": Forum.objects.current(arrival(request))}


@personal
def data(request: HttpRequest) -> HttpResponse:
    """What one may do with one's data; a POST asks for a copy of it."""
    user, now = person(request), arrival(request)
    if request.method == "POST":
        copies.ask(user, now=now)
        messages.success(request, _("Your copy is being made. We send you a mail when it is ready."))
        return HttpResponseRedirect(request.path)
    registered = Registration.objects.of(user).active().select_related("forum").order_by("-forum__starts")
    context = {
        "copies": copies.of(user, now=now),
        "erasure": erasures.waiting(user),
        "registrations": [row for row in registered if row.forum.is_public],
    }
    return render(request, "registration/data_rights/data.html", _frame(request) | context)


def _own_copy(request: HttpRequest, key: int) -> DataCopy:
    """A copy of the person's own that is made and not gone; else 404."""
    found = DataCopy.objects.filter(pk=key, user=person(request), expires__gt=arrival(request)).first()
    if found is None:
        raise Http404
    return found


@personal
@reauthentication_required
@require_safe
def copy(request: HttpRequest, copy: int) -> HttpResponse:
    """A copy to be read."""
    found = _own_copy(request, copy)
    tables, place = [], 0
    for table in found.content["tables"]:
        files = list(enumerate(table["files"], start=place))
        place += len(files)
        words = [list(zip(table["labels"], row, strict=True)) for row in table["words"]]
        tables.append({"title": table["title"], "rows": words, "files": files})
    context = {"copy": found, "tables": tables}
    return render(request, "registration/data_rights/copy.html", _frame(request) | context)


@personal
@reauthentication_required
@require_safe
def copy_json(request: HttpRequest, copy: int) -> HttpResponse:
    """A copy for programs: the values as they are stored."""
    content = _own_copy(request, copy).content
    tables = [{name: table[name] for name in ("table", "title", "rows")} for table in content["tables"]]
    answer = JsonResponse(content | {"tables": tables}, json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="my-data-{copy}.json"'
    return answer


@personal
@reauthentication_required
@require_safe
def copy_file(request: HttpRequest, copy: int, place: int) -> FileResponse:
    """A file that the copy names, as a download."""
    names = [name for table in _own_copy(request, copy).content["tables"] for name in table["files"]]
    try:
        file = default_storage.open(names[place])
    except (IndexError, OSError) as lost:
        raise Http404 from lost
    return FileResponse(file, as_attachment=True, content_type="application/octet-stream")


@personal
@reauthentication_required
def erase(request: HttpRequest) -> HttpResponse:
    """Ask what is to stay of what is published, and note the wish to be erased; while it waits, how to stop it."""
    user, now = person(request), arrival(request)
    if waiting := erasures.waiting(user):
        return _waiting(request, waiting)
    held = person_of(user)
    form = ErasureForm(published(held), request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            erasures.ask(user, taken_out=form.taken_out, now=now)
            return HttpResponseRedirect(request.path)
        except ValidationError as refusal:
            form.add_error(None, refusal)
    context = {"form": form, "warnings": warnings(held, now=now), "refusal": _refusal(user)}
    return render(request, "registration/data_rights/erase.html", _frame(request) | context)


def _refusal(user: User) -> str:
    """Why the account cannot be erased now."""
    try:
        erasures.check(user)
    except ValidationError as refusal:
        return " ".join(refusal.messages)
    return ""


@personal
def stop(request: HttpRequest) -> HttpResponse:
    """Keep the account after all. The link in the mail leads here, over the log-in where there is none: to the button, for
    whoever's account it is."""
    user, now = person(request), arrival(request)
    if request.method == "POST":
        try:
            erasures.stop(user, now=now)
            messages.success(request, _("Your account stays as it is."))
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
    elif waiting := erasures.waiting(user):
        return _waiting(request, waiting)
    else:
        messages.info(request, _("Nothing is waiting to be erased"))
    return HttpResponseRedirect(reverse("registration:data"))


def _waiting(request: HttpRequest, erasure: Erasure) -> HttpResponse:
    context = {"erasure": erasure, "is_late": erasure.due + erasures.LATE < arrival(request)}
    return render(request, "registration/data_rights/waiting.html", _frame(request) | context)
