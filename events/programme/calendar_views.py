"""Calendar files of the programme: all sessions of a forum, or one."""

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language

from events.formatting import calendar_files
from events.models import Forum, Session, SessionText
from events.pages.public import public_page


def _sessions(forum: Forum) -> QuerySet[Session]:
    texts = SessionText.objects.filter(language=get_language() or settings.LANGUAGE_CODE)
    return (
        Session.objects.public()
        .filter(forum=forum)
        .select_related("forum", "type", "track", "room")
        .prefetch_related("action_lines", Prefetch("texts", texts, to_attr="local_texts"))
        .order_by("starts", "pk")
    )


def _file(sessions: list[Session], *, name: str, filename: str) -> HttpResponse:
    events = [calendar_files.session_event(session, base_url=settings.BASE_URL) for session in sessions]
    response = HttpResponse(calendar_files.calendar(events, name=name), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{filename}"'
    return response


@public_page
def session(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """One public session."""
    found = Forum.objects.public().filter(slug=forum).first()
    one = _sessions(found).filter(code=code).first() if found else None
    if one is None:
        raise Http404
    return _file([one], name=one.title, filename=f"{one.code}.ics")
