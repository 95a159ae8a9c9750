"""Passes: links that open one door for one day, without an account."""

import secrets
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.history import log
from events.models import Forum, User
from registration.accounts.verbs import RegistrationVerb
from registration.models import Door, DoorPass, pass_digest


@transaction.atomic
def make(door: Door, *, day: date, holder: str, by: User, now: datetime) -> tuple[DoorPass, str]:
    """Make a pass; return it with its secret, which is shown once and stored nowhere. Refuses `other-day` outside the forum."""
    if not door.forum.starts <= day <= door.forum.ends:
        raise ValidationError(_("Choose a day of the Forum"), code="other-day")
    secret = secrets.token_urlsafe(24)
    made = DoorPass.objects.create(door=door, day=day, holder=holder, digest=pass_digest(secret), made_by=by, made=now)
    log.record(made, verb=RegistrationVerb.MAKE_PASS, by=by, now=now, forum_id=door.forum_id, label=door.name)
    return made, secret


@transaction.atomic
def end(door_pass: DoorPass, *, by: User, now: datetime) -> DoorPass:
    """Close the door to who holds it; doing it twice changes nothing."""
    row = DoorPass.objects.select_for_update(of=("self",)).select_related("door").get(pk=door_pass.pk)
    if row.ended is None:
        row.ended = now
        row.save(update_fields=["ended"])
        log.record(row, verb=RegistrationVerb.END_PASS, by=by, now=now, forum_id=row.door.forum_id, label=row.door.name)
    return row


def find(secret: str, *, forum: Forum, now: datetime) -> DoorPass | None:
    """The pass of a secret, if it opens its door at this moment; else None."""
    rows = DoorPass.objects.select_related("door__forum", "door__room", "door__session__room")
    found = rows.filter(digest=pass_digest(secret), door__forum=forum).first()
    return found if found and found.is_valid(now) else None
