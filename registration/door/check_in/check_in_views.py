"""Checking oneself in: the screen in a room, whose code changes, and the page on which who sees it enters the code."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from events.pages.absolute_urls import absolute
from events.pages.personal import personal
from registration.accounts.access import find_own
from registration.door import door_views, tickets
from registration.door.answers import own_answer
from registration.door.check_in import room_codes
from registration.models import Door, DoorPass
from registration.registering.views import not_registered


@door_views.for_holders
def screen(request: HttpRequest, door_pass: DoorPass, *, now: datetime) -> HttpResponse:
    """The screen of a door, for who holds a pass of it."""
    return screen_of(request, door_pass.door, now=now)


def screen_of(request: HttpRequest, door: Door, *, now: datetime) -> HttpResponse:
    """The code of a door, large, and the square with its address. The page asks for the next one by itself, without a
    script. Needs the door's forum."""
    code = room_codes.code(door, now=now)
    page = absolute(reverse("registration:check-in", args=[door.forum.slug]))
    context = {"forum": door.forum, "door": door, "code": code, "page": page}
    context["square"] = tickets.square_of(f"{page}?code={code}")
    response = render(request, "registration/door/screen.html", context)
    if door.has_code:
        response["Refresh"] = str(room_codes.seconds_left(now))
    return response


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,  # six, and spaces
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": gettext_lazy("Enter the code that the screen in the room shows")},
    )


@personal
def check_in(request: HttpRequest, forum: str) -> HttpResponse:
    """GET asks for the code (`code`: the one that is in the square), POST checks in. What was refused stands at the field."""
    edition, registration = find_own(request, forum)
    if registration is None:
        return not_registered(request, edition)
    form = CodeForm(
        request.POST if request.method == "POST" else None, initial={"code": request.GET.get("code", "")[:20]}
    )
    context: dict[str, Any] = {"forum": edition, "form": form}
    if form.is_valid():
        try:
            scan = room_codes.check_in(registration, text=form.cleaned_data["code"], now=timezone.now())
        except ValidationError as refusal:
            form.add_error("code", refusal)
        else:
            context |= {"answer": own_answer(scan), "door": scan.door}
    return render(request, "registration/door/check_in.html", context)
