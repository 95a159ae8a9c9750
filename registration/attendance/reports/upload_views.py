"""The address to which scripts send reports of meetings."""

from zoneinfo import ZoneInfo

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from events.models.time_zones import zone_names
from events.pages.find_forum import bare_forum
from events.pages.personal import private
from events.pages.view_marks import expensive
from registration.attendance.reports import receiving, report_passes

TOLD = ("people", "named", "unknown", "written", "known", "unread")


# Scripts come without a cookie; the secret in the header is what proves the right to.
@csrf_exempt
@expensive(method="POST")
@private
@require_POST
def upload(request: HttpRequest, forum: str, code: str) -> JsonResponse:
    """A report as the body of a POST, with `Authorization: Bearer` and the secret of a pass. `zone`: of times that name none, else
    the forum's; `name`: of the file.

    Answers what was read (200), or says with a code why nothing was: 401 `no-pass`, 429 `too-many`, 422 for what is wrong with zone
    or report (`receiving.receive`).
    """
    now, (kind, _space, secret) = timezone.now(), request.headers.get("Authorization", "").partition(" ")
    found = report_passes.find(secret.strip(), forum=forum, now=now) if kind.lower() == "bearer" else None
    if found is None:
        bare_forum(forum)  # 404 as everywhere, where there is none
        return _refusal(401, code="no-pass", detail=_("This pass is not valid here"))
    if not report_passes.may_send(found, now=now):
        return _refusal(429, code="too-many", detail=_("Too many reports in an hour"))
    zone = request.GET.get("zone", found.forum.time_zone)[:60]
    if zone not in zone_names():
        return _refusal(422, code="no-zone", detail=_("The time zone “%(name)s” is not known") % {"name": zone})
    row = receiving.receive(
        request.body,
        name=request.GET.get("name", code),
        code=code,
        forum=found.forum,
        zone=ZoneInfo(zone),
        report_pass=found,
        now=now,
    )
    if row.refusal:
        return _refusal(422, code=row.refusal, detail=row.reason)
    return JsonResponse({name: getattr(row, name) for name in TOLD})


def _refusal(status: int, *, code: str, detail: str) -> JsonResponse:
    return JsonResponse({"code": code, "detail": detail}, status=status)
