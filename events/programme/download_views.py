"""Files of the programme: the booklet to print, of all days or of one, and a session for a calendar."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from events.models import Session
from events.programme import booklet, session_page, speaker_pages
from events.programme.sharing import cards
from events.shared.formatting import calendar_files
from events.shared.pages.find_forum import bare_forum, find_forum
from events.shared.pages.public import public_page
from events.shared.pdf.responses import pdf_response


@public_page(parameters=("descriptions",), is_never_late=True)
def booklet_file(request: HttpRequest, forum: str, day: str = "") -> HttpResponse:
    """The booklet of all days, or of one (in the forum's zone); 404 for a day without sessions. `descriptions`: 1 for those of
    all sessions; 404 for other values, which are no pages to keep."""
    shown, now = bare_forum(forum), timezone.now()
    try:
        wanted = date.fromisoformat(day) if day else None
    except ValueError as error:
        raise Http404 from error
    descriptions = request.GET.getlist("descriptions")
    if descriptions not in ([], ["1"]):
        raise Http404
    source = booklet.source(shown, now=now, day=wanted, with_descriptions=bool(descriptions))
    if source is None:
        raise Http404
    return pdf_response(request, source, name=f"{shown.slug}-programme{f'-{day}' if day else ''}.pdf", now=now)


@public_page
def calendar(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """One public session as a calendar file."""
    sessions = (
        Session.objects.public().select_related("forum", "type", "track", "room").prefetch_related("action_lines")
    )
    found = get_object_or_404(sessions, forum__slug=forum, code=code)
    event = calendar_files.session_event(found)
    response = HttpResponse(
        calendar_files.calendar([event], name=found.title), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = f'inline; filename="{found.code}.ics"'
    return response


@public_page
def card(request: HttpRequest, forum: str) -> HttpResponse:
    """The picture of an edition for whoever shares a page of it."""
    return _picture(cards.of_forum(find_forum(forum)))


@public_page
def session_card(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """The picture of a public session."""
    found = session_page.session(forum, code=code)
    if found is None:
        raise Http404
    return _picture(cards.of_session(found))


@public_page
def speaker_card(request: HttpRequest, forum: str, pk: int) -> HttpResponse:
    """The picture of a speaker of a public session."""
    found = find_forum(forum)
    person = speaker_pages.speaker(found, pk=pk)
    if person is None:
        raise Http404
    return _picture(cards.of_speaker(person, forum=found))


def _picture(drawn: bytes | None) -> HttpResponse:
    """A card; 503 with Retry-After where another one is being drawn."""
    if drawn is not None:
        return HttpResponse(drawn, content_type="image/png")
    return HttpResponse(status=503, headers={"Retry-After": "3"}, content_type="text/plain; charset=utf-8")
