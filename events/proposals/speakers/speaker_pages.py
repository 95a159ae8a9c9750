"""Where a speaker says which account is theirs: on the page of an invitation, or by the organisers' link. A GET changes
nothing."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from events.models import Invitation, Speaker, User
from events.proposals.speakers import speaker_accounts
from events.shared.pages.find_forum import find_forum
from events.shared.pages.personal import arrival, person, private

BUTTONS = {
    "connect": gettext_lazy("Your account is connected with this speaker."),
    "disconnect": gettext_lazy("Your account is no longer connected with this speaker."),
}


def connection(request: HttpRequest, owner: User | None) -> dict[str, Any]:
    """What `events/proposals/connect.html` shows: whether the speaker is connected with an account: one's own, or another one."""
    whose = "" if owner is None else "own" if owner == request.user else "other"
    return {"owner": whose, "page": request.path}


def press(request: HttpRequest, asked: Invitation | Speaker, *, button: str) -> HttpResponse:
    """Connect the account of who is signed in, or take that back; then the page again, with what came of it."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.path)
    try:
        _do(asked, button=button, by=person(request), request=request)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, str(BUTTONS[button]))
    return HttpResponseRedirect(request.path)


def _do(asked: Invitation | Speaker, *, button: str, by: User, request: HttpRequest) -> None:
    now = arrival(request)
    if button == "disconnect":
        speaker_accounts.disconnect_own(asked, by=by, now=now)
    elif isinstance(asked, Invitation):
        speaker_accounts.connect_invited(asked, by=by, now=now)
    else:
        speaker_accounts.connect(asked, by=by, now=now)


@private
def link(request: HttpRequest, token: str) -> HttpResponse:
    """What the organisers' link leads to; POST `answer`: connect or disconnect. A link that no longer works says so."""
    found = speaker_accounts.find(token)
    if found is None:
        return render(request, "events/proposals/speaker_link.html", status=404)
    if (button := request.POST.get("answer", "")) in BUTTONS:
        return press(request, found, button=button)
    context = {"forum": find_forum(found.forum.slug), "speaker": found, **connection(request, found.account)}
    return render(request, "events/proposals/speaker_link.html", context)
