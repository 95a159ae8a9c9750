"""Files of the programme: the booklet to print, of all days or of one, and a session for a calendar."""

from datetime import date

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.formatting import calendar_files
from events.models import Session
from events.pages.find_forum import bare_forum
from events.pages.public import public_page
from events.programme import booklet

RETRY = 5  # seconds after which to come again


@public_page
def booklet_of_all(request: HttpRequest, forum: str) -> HttpResponse:
    """The booklet of all days."""
    return _booklet(forum, day=None)


@public_page
def booklet_of_day(request: HttpRequest, forum: str, day: str) -> HttpResponse:
    """The booklet of one day (in the forum's zone); 404 for a day without sessions."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError as error:
        raise Http404 from error
    return _booklet(forum, day=wanted)


def _booklet(slug: str, *, day: date | None) -> HttpResponse:
    forum = bare_forum(slug)
    try:
        found = booklet.file(forum, now=timezone.now(), day=day)
    except booklet.Busy:
        text = _("The booklet is being drawn. Come again in a moment.")
        return HttpResponse(text, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": RETRY})
    if found is None:
        raise Http404
    name = f"{forum.slug}-programme{f'-{day}' if day else ''}.pdf"
    return HttpResponse(
        found, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


@public_page
def calendar(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """One public session as a calendar file."""
    sessions = Session.objects.public().in_language(get_language() or settings.LANGUAGE_CODE)
    sessions = sessions.select_related("forum", "type", "track", "room").prefetch_related("action_lines")
    found = get_object_or_404(sessions, forum__slug=forum, code=code)
    event = calendar_files.session_event(found, base_url=settings.BASE_URL)
    response = HttpResponse(
        calendar_files.calendar([event], name=found.title), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = f'inline; filename="{found.code}.ics"'
    return response
