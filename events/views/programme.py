"""The programme page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from events.models import Forum
from events.public import public_page


@public_page
def programme(request: HttpRequest, forum: str) -> HttpResponse:
    """The programme of a forum."""
    return render(request, "events/programme.html", {"forum": get_object_or_404(Forum.objects.public(), slug=forum)})
