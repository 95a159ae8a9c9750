"""The page of a door, for who holds a pass: scan, search by name, take back; and what a device sends that had no line."""

import json
import uuid
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from events.models import Forum
from events.models.columns import one_line
from events.shared.pages.find_forum import bare_forum
from events.shared.pages.personal import View, private
from registration.door import passes, scanning, tickets
from registration.door.answers import SIGNS, Answer, answer, sentence
from registration.door.inside import people_inside
from registration.door.scanning import Seen
from registration.models import DoorPass, Outcome, Registration, Scan
from registration.registering.people_search import people

COOKIE = f"{settings.COOKIE_PREFIX}door"
SHOWN = 20  # scans under the last one
FOUND = 12  # people whom a search shows
SHORTEST = 3  # letters of a name to search for: a door is no list of everybody
MOST_AT_ONCE = 200  # scans that a device sends together
LONGEST_BODY = 100_000  # bytes of that


@private
def open_door(request: HttpRequest, forum: str, secret: str) -> HttpResponse:
    """The link of a pass: from now on this browser scans at its door."""
    edition, now = bare_forum(forum), timezone.now()
    found = passes.find(secret, forum=edition, now=now)
    if found is None:
        return render(request, "registration/door/closed.html", {"forum": edition}, status=404)
    response = HttpResponseRedirect(reverse("registration:door", args=[edition.slug]))
    # Lax: with “Strict” a link in a mail that is read in the browser would find the door closed.
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(COOKIE, secret, max_age=24 * 3600, httponly=True, samesite="Lax", secure=secure)
    return response


def holder(request: HttpRequest, forum: Forum, *, now: datetime) -> DoorPass | None:
    """The pass with which this browser has opened a door of a forum, if it is valid now."""
    secret = request.COOKIES.get(COOKIE, "")
    return passes.find(secret, forum=forum, now=now) if secret else None


def for_holders(view: View) -> View:
    """A page for who has opened a door with a pass; for others there is none."""

    @private
    @wraps(view)
    def guarded(request: HttpRequest, forum: str, **parts: Any) -> HttpResponse:
        edition, now = bare_forum(forum), timezone.now()
        found = holder(request, edition, now=now)
        if found is None:
            return render(request, "registration/door/closed.html", {"forum": edition}, status=404)
        return view(request, found, now=now, **parts)

    return guarded


@for_holders
def door(request: HttpRequest, door_pass: DoorPass, *, now: datetime) -> HttpResponse:
    """The page. POST scans what was typed or read; without a script too. `scan`: what to show as the last one."""
    key = _key(request.GET.get("scan"))
    shown = _own(door_pass).filter(key=key).first() if key else None
    last = answer(shown) if shown else None
    direction = _direction(request.POST.get("direction") or request.GET.get("direction"))
    if request.method == "POST":
        number = passes.marked(door_pass, request.POST.get("person", ""))
        text = one_line(request.POST.get("text", "").replace("\0", ""))[: tickets.LONGEST]
        if number or text:
            key = _key(request.POST.get("key")) or uuid.uuid4()
            seen = Seen(key, number or text, direction, now)
            last = answer(scanning.scan(seen, door_pass=door_pass, now=now))
    query = one_line(request.GET.get("q", "").replace("\0", ""))[:60]
    context = {
        "forum": door_pass.door.forum,
        "door": door_pass.door,
        "may_register": door_pass.registers_people,
        "today": door_pass.day,
        "seats": door_pass.door.seats,
        "key": uuid.uuid4(),
        "direction": direction,
        "last": last,
        "before": _before(door_pass, last=last),
        "query": query,
        "is_short": bool(query) and len(query) < SHORTEST,
        "found": _named(door_pass, query, now=now),
        "inside": people_inside(door_pass.door, at=now).count(),
        "public_key": tickets.public_key(door_pass.door.forum).hex(),
        "refused": tickets.refused(door_pass.door.forum),
        "words": _words_of_refusals(),
    }
    response = render(request, "registration/door/door.html", context)
    response.uses_camera = True  # type: ignore[attr-defined]  # config.middleware
    return response


def _words_of_refusals() -> dict[str, tuple[str, str, str, str]]:
    """How each outcome is shown by a device without a line: its word, sign, look and sentence."""
    return {str(one): (str(one.label), *SIGNS[one], sentence(one)) for one in Outcome}


def _direction(text: str | None) -> str:
    return text if text in Scan.Direction.values else Scan.Direction.IN


def _key(text: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None


def _before(door_pass: DoorPass, *, last: Answer | None) -> list[Answer]:
    shown = [answer(row) for row in _own(door_pass).order_by("-received", "-pk")[: SHOWN + 1]]
    return [one for one in shown if last is None or one.key != last.key][:SHOWN]


def _named(door_pass: DoorPass, query: str, *, now: datetime) -> list[tuple[Registration, str]] | None:
    """People of the forum who take part, each with the mark that lets them in, by the beginning of their names; not by their
    addresses. It is written down whom one saw. None: the pass has searched too often."""
    if len(query) < SHORTEST:
        return []
    if not passes.may_search(door_pass, now=now):
        return None
    everybody = Registration.objects.active().filter(forum=door_pass.door.forum_id).select_related("kind")
    found = list(people(everybody, query)[1].order_by("name", "pk")[:FOUND])
    passes.saw(door_pass, found, now=now)
    return [(one, passes.mark(door_pass, one)) for one in found]


def _own(door_pass: DoorPass) -> QuerySet[Scan]:
    """What was scanned with a pass."""
    return Scan.objects.filter(door_pass=door_pass, undone=None).select_related("registration__kind", "door__forum")


@for_holders
def undo(request: HttpRequest, door_pass: DoorPass, *, now: datetime) -> HttpResponse:
    """Take back what was scanned with this pass (`key`); a script gets an empty answer."""
    key = _key(request.POST.get("key"))
    row = Scan.objects.filter(door_pass=door_pass, key=key).first() if request.method == "POST" and key else None
    if request.method == "POST" and row is None:
        raise Http404
    if row is not None:
        scanning.undo(row, now=now)
    if "X-Scan" in request.headers:
        return HttpResponse(status=204)
    return HttpResponseRedirect(reverse("registration:door", args=[door_pass.door.forum.slug]))


@for_holders
@require_POST
def scans(request: HttpRequest, door_pass: DoorPass, *, now: datetime) -> HttpResponse:
    """What a device has seen, as JSON: `now` by its clock, and `scans`, each with key, text or person, direction and at. The
    answer says of each what the door says; what was sent before is answered as before. A device that asks (`?refused`) gets
    the numbers that a door refuses. 400 says what is wrong."""
    try:
        seen = _seen(request.body, door_pass=door_pass, now=now)
    except ValidationError as refusal:
        return JsonResponse({"error": refusal.messages[0]}, status=400)
    rows = [scanning.scan(one, door_pass=door_pass, now=now) for one in seen]
    inside = people_inside(door_pass.door, at=now).count()
    said = {"answers": [answer(row).told() for row in rows], "inside": inside}
    if "refused" in request.GET:
        said["refused"] = tickets.refused(door_pass.door.forum)
    return JsonResponse(said)


def _seen(body: bytes, *, door_pass: DoorPass, now: datetime) -> list[Seen]:
    try:
        sent = json.loads(body[: LONGEST_BODY + 1])
        device_now, given = _moment(sent["now"]), sent["scans"]
        if len(body) > LONGEST_BODY or not isinstance(given, list) or len(given) > MOST_AT_ONCE:
            raise ValueError
        return [_one(one, door_pass=door_pass, device_now=device_now, now=now) for one in given]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise ValidationError(_("These scans cannot be read"), code="bad-scans") from None


def _moment(text: Any) -> datetime:
    found = parse_datetime(text)
    if found is None or timezone.is_naive(found):
        raise ValueError
    return found


def _one(sent: Any, *, door_pass: DoorPass, device_now: datetime, now: datetime) -> Seen:
    person, text = sent.get("person"), str(sent.get("text", ""))[: tickets.LONGEST]
    number = passes.marked(door_pass, person) if isinstance(person, str) else None
    at = scanning.corrected(_moment(sent["at"]), device_now=device_now, now=now)
    return Seen(uuid.UUID(sent["key"]), number or text, _direction(sent.get("direction")), at)
