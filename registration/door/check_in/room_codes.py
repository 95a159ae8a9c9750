"""Codes on a screen in a room: who enters the one that is shown now is there, and is checked in by that.

A code holds for half a minute, and is taken for half a minute more. Whoever is in the room can send it to somebody at home
within that time: it says that somebody saw the screen, not who sits in the room.
"""

import uuid
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from events.formatting.codes import SIGNS, normal
from events.models import Forum
from events.pages.rate_limits import MINUTE, give_back, is_over
from registration.door import scanning
from registration.door.scanning import Seen
from registration.models import Door, Registration, Scan

LENGTH = 6
EVERY = 30  # seconds
SALT = "registration.door.room_codes"
STRETCH = 10 * MINUTE  # in which wrong codes are counted
TRIES = 10  # of one account; none of a network, for a whole venue that types too slowly stands behind one


def _digest(*parts: object) -> bytes:
    return salted_hmac(SALT, ":".join(map(str, parts)), algorithm="sha256").digest()


def _step(now: datetime) -> int:
    return int(now.timestamp()) // EVERY


def _code(door: int, step: int) -> str:
    return "".join(SIGNS[byte % len(SIGNS)] for byte in _digest(door, step)[:LENGTH])


def code(door: Door, *, now: datetime) -> str:
    """What the screen of a door shows at a moment."""
    return _code(door.pk, _step(now))


def seconds_left(now: datetime) -> int:
    """In how many seconds every screen shows another code: 1 to EVERY."""
    return EVERY - int(now.timestamp()) % EVERY


def find(text: str, *, forum: Forum, now: datetime) -> Door:
    """The door whose code this is now, or was half a minute ago. Refuses `code-over`, `other-forum`, and `door-closed` where
    people do not check themselves in."""
    typed = normal(text)
    for door in Door.objects.filter(forum=forum).select_related("forum").order_by("pk"):
        if _shows(door.pk, typed, now=now):
            if not door.has_code:
                raise ValidationError(
                    _("At this door nobody checks in by a code. Show your ticket"), code="door-closed"
                )
            return door
    others = Door.objects.filter(has_code=True, forum__is_public=True).exclude(forum=forum).order_by()
    if any(_shows(key, typed, now=now) for key in others.values_list("pk", flat=True)):
        raise ValidationError(_("This code is of another forum. Check in on the pages of that one"), code="other-forum")
    words = _("No screen shows this code now. It changes every half minute: enter the one that you see")
    raise ValidationError(words, code="code-over")


def _shows(door: int, typed: str, *, now: datetime) -> bool:
    step = _step(now)
    return typed in {_code(door, step), _code(door, step - 1)}


def check_in(person: Registration, *, text: str, now: datetime) -> Scan:
    """Check somebody in by what a screen shows: as if their ticket were scanned there. The same code again changes nothing.

    Refuses `too-many-tries`, and as `find`.
    """
    tries = f"room code:{person.user_id}"
    if is_over(tries, limit=TRIES, seconds=STRETCH, now=now):
        words = _("Too many codes that no screen shows. Wait ten minutes, or show your ticket at the door")
        raise ValidationError(words, code="too-many-tries")
    door = find(text, forum=person.forum, now=now)
    give_back(tries, seconds=STRETCH, now=now)
    key = uuid.UUID(bytes=_digest("scan", person.pk, door.pk, normal(text))[:16])  # nobody else can name this scan
    return scanning.scan(Seen(key, person.pk, Scan.Direction.IN, now), door=door, door_pass=None, now=now)
