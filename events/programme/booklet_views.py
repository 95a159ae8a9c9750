"""The programme as a PDF to print."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Forum
from events.pages.public import public_page
from events.programme import booklet

RETRY = 5  # seconds after which to come again


@public_page
def whole(request: HttpRequest, forum: str) -> HttpResponse:
    """The booklet of all days."""
    return _file(forum, day=None)


@public_page
def day(request: HttpRequest, forum: str, day: str) -> HttpResponse:
    """The booklet of one day (in the forum's zone); 404 for a day without sessions."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError as error:
        raise Http404 from error
    return _file(forum, day=wanted)


def _file(slug: str, *, day: date | None) -> HttpResponse:
    forum = Forum.objects.public().filter(slug=slug).first()
    if forum is None:
        raise Http404
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
