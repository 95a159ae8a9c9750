"""Passes: links that open one door for one day, without an account."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from events.models import Forum, User, Viewing
from events.shared.history import log, viewings
from events.shared.pages.rate_limits import HOUR, is_over
from events.shared.rights import memberships
from events.shared.secret_links import opened_by, read, signed
from registration.models import Door, DoorPass, Registration
from registration.people.accounts.verbs import RegistrationVerb

MAKE = "registration.add_doorpass"
SEARCHES = 120  # by name, with one pass in an hour: twelve people each


@transaction.atomic
def make(door: Door, *, day: date, holder: str, may_register: bool = False, by: User, now: datetime) -> DoorPass:
    """Make a pass; its link is shown once. Refuses `other-day` outside the forum, and
    `not-here` where people are to be registered at the door of a room or a session."""
    if not door.forum.starts <= day <= door.forum.ends:
        raise ValidationError(_("Choose a day of the Forum"), code="other-day")
    if may_register and not door.is_of_building:
        raise ValidationError(_("People are registered at doors of the building only"), code="not-here")
    made = DoorPass.objects.create(
        door=door,
        day=day,
        holder=holder,
        may_register=may_register,
        made_by=by,
        made=now,
    )
    said = {"forum_id": door.forum_id, "label": door.name, "after": {"may_register": may_register}}
    log.record(made, verb=RegistrationVerb.MAKE_PASS, by=by, now=now, **said)
    return made


@transaction.atomic
def end(door_pass: DoorPass, *, by: User, now: datetime) -> DoorPass:
    """Close the door to who holds it; doing it twice changes nothing."""
    row = DoorPass.objects.select_for_update(of=("self",)).select_related("door").get(pk=door_pass.pk)
    if row.ended is None:
        row.ended = now
        row.save(update_fields=["ended"])
        log.record(row, verb=RegistrationVerb.END_PASS, by=by, now=now, forum_id=row.door.forum_id, label=row.door.name)
    return row


def may_search(door_pass: DoorPass, *, now: datetime) -> bool:
    """Count one more search by name with a pass; whether it is within the limit. A door is no list of everybody."""
    DoorPass.objects.filter(pk=door_pass.pk).update(searches=F("searches") + 1)
    return not is_over(f"door searches:{door_pass.pk}", limit=SEARCHES, seconds=HOUR, now=now)


def _marks(door_pass: DoorPass) -> str:
    return f"registration.door.found:{door_pass.door_id}"


def mark(door_pass: DoorPass, person: Registration) -> str:
    """What stands on the page for somebody who was found by name, so that they can be let in: their number, signed for the
    door. A number alone would name everybody of a forum, one after the other, past the limit of searches."""
    return signed(_marks(door_pass), person.pk)


def marked(door_pass: DoorPass, text: str) -> int | None:
    """The number of the registration of a mark; None for what was not signed for this door."""
    return next(map(int, read(_marks(door_pass), text)), None)


def saw(door_pass: DoorPass, people: Iterable[Registration], *, now: datetime) -> None:
    """Write down that these people were shown at a door: seen by whoever made the pass, who answers for it."""
    viewings.record(
        by=door_pass.made_by,
        kind=Viewing.Kind.LIST,
        model=Registration._meta.label_lower,
        people=[one.user_id for one in people],
        forum_id=door_pass.door.forum_id,
        now=now,
    )


# Those whose makers may make passes still, with what scanning asks of their doors.
_HELD: Any = (
    DoorPass.objects.filter(memberships.held_by("made_by", MAKE, forum="door__forum"))
    .select_related("door__room", "door__session__room")
    .only(
        *("day", "may_register", "made_by", "ended", "door__forum", "door__name", "door__room__capacity"),
        *(f"door__session__{name}" for name in ("forum", "type", "starts", "ends", "state", "capacity")),
        *("door__session__broadcast_url", "door__session__room__capacity"),
    )
)


def find(token: str, *, forum: Forum, now: datetime) -> DoorPass | None:
    """The pass of a link, if it opens its door at this moment, and whoever made it may make passes still; else None. One query."""
    found: DoorPass | None = opened_by(token, _HELD.filter(door__forum=forum))
    if found:
        found.door.forum = forum
    return found if found and found.is_valid(now) else None
