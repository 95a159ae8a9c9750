"""The site's page of its forums."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from events.forums import forum_list
from events.shared.pages.public import public_page


@public_page
def forums(request: HttpRequest) -> HttpResponse:
    """All public forums: current, coming and past ones, those of regions among them."""
    return render(request, "events/forums/forums.html", {"groups": forum_list.groups(now=timezone.now())})
