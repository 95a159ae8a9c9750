"""The join page: the one way to a meeting's address. It records the attendance first. And the beats of session pages."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from events.models import Forum, Session, User
from events.shared.pages.find_forum import bare_forum
from events.shared.pages.personal import private
from registration.models import Source
from registration.people.accounts.access import find_own, find_session
from registration.sessions.attendance import joining, watching
from registration.sessions.seats import my_seat

PURPOSE_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


def _is_a_visit(request: HttpRequest) -> bool:
    """False when a browser or a page asks ahead of, or instead of, the person (prefetch, preview, image, script)."""
    if any(request.headers.get(name) for name in PURPOSE_HEADERS):
        return False
    return request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


@private
@require_GET
def join(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """Record the visitor's attendance and lead on to the meeting; else say when it opens, or what became of it.

    GET only: HEAD is 405. What is no visit of a person gets an empty answer (204) and is not counted.
    """
    edition, registration = find_own(request, forum)
    session = find_session(edition, code=code, user=request.user)
    if not _is_a_visit(request):
        return HttpResponse(status=204)
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    now = timezone.now()
    if session.state == session.State.CANCELLED:
        return _page(request, edition, session=session, state="cancelled")
    if session.join_closes and session.join_closes <= now:
        return _page(request, edition, session=session, state="over")
    if registration is None:
        address = reverse("registration:register", args=[edition.slug])
        return redirect(f"{address}?{urlencode({'next': request.path})}")
    if not session.is_join_open(now):
        return _page(request, edition, session=session, state="early", own_zone=ZoneInfo(registration.time_zone))
    try:
        joining.enter(registration=registration, session=session, now=now, source=Source.JOIN)
    except ValidationError as refused:  # withdrawn or moved in the same moment
        code = getattr(refused, "code", "")
        state = "full" if code in {"no-seat-yet", "no-seat"} else "refused"
        seat = my_seat.seat(session, registration=registration, now=now) if state == "full" else None
        return _page(request, edition, session=session, state=state, reasons=refused.messages, seat=seat)
    address = joining.meeting_address(session)
    if not address:
        return _page(request, edition, session=session, state="no-address")
    response = HttpResponseRedirect(address)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _page(request: HttpRequest, forum: Forum, *, session: Session, state: str, **more: Any) -> HttpResponse:
    is_hidden = session.is_under_embargo(timezone.now())
    context = {"forum": forum, "session": session, "state": state, "is_hidden": is_hidden, **more}
    return render(request, "registration/attendance/join.html", context)


@private
@require_POST
def watch(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """The page of a session says that it is seen. The answer is empty (204), whatever comes of it."""
    user, now = request.user, timezone.now()
    if not (isinstance(user, User) and watching.beat(user=user, forum=forum, code=code, now=now)):
        bare_forum(forum)  # 404 as everywhere, where there is none
    return HttpResponse(status=204)
