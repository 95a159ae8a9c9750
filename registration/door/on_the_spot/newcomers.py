"""Registering somebody at a door of the building: account, registration, ticket by mail, and in at once.

Whoever holds the pass sees nothing of whom an address belongs to. Where somebody has registered with it, the name has to be
theirs: then they are let in as if they had been found by it. With another name nothing is done.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.formatting.names import folded
from events.models import User
from events.models.reference import Gender
from events.pages.rate_limits import HOUR, give_back, is_over
from registration.door import scanning
from registration.door.on_the_spot import ticket_mails
from registration.door.scanning import Seen
from registration.models import DoorPass, Registration, Scan
from registration.models.kind import ModeOfAttendance
from registration.registering import kinds, registrations
from registration.registering.kinds import Offer

REGISTERED = 120  # in an hour, with one pass
MISSED = 10  # in an hour, with one pass: addresses that belong to another name


def offered(door_pass: DoorPass, *, now: datetime) -> list[Offer]:
    """In which kinds a pass registers at a moment: those that anybody may choose now, on site, with places left."""
    found = kinds.offers(kinds.of(door_pass.door.forum_id), now=now)
    return [one for one in found if one.left != 0 and one.kind.mode != ModeOfAttendance.REMOTE]


@transaction.atomic
def register(door_pass: DoorPass, *, data: Mapping[str, Any], key: UUID, now: datetime) -> Scan:
    """Register a person who stands at the door and has agreed aloud, and let them in; the same key again is the same scan.

    `data`: email, name, organisation, country, stakeholder_type, kind, consent. Refuses `may-not-register`, `too-many`,
    `other-person` where the address belongs to somebody of another name, and as `registrations.register` does. Without a
    place, or where somebody decides on the kind, they are registered, and the scan says that they are not in.
    """
    if not door_pass.registers_people:
        raise ValidationError(_("Nobody is registered with this pass"), code="may-not-register")
    if is_over(f"newcomers:{door_pass.pk}", limit=REGISTERED, seconds=HOUR, now=now):
        raise ValidationError(_("Many people were registered with this pass. Wait an hour"), code="too-many")
    user, person = _known(door_pass, email=data["email"].strip().lower(), name=data["name"], now=now)
    if person is None or person.withdrawn:
        person = registrations.register(
            door_pass.door.forum,
            user=user,
            data=_answers(door_pass, data, former=person),
            has_consented=bool(data["consent"]),
            by=door_pass.made_by,
            now=now,
        )
        ticket_mails.write(person, now=now)
    seen = Seen(key, person.pk, Scan.Direction.IN, now)
    return scanning.scan(seen, door=door_pass.door, door_pass=door_pass, now=now)


def _known(door_pass: DoorPass, *, email: str, name: str, now: datetime) -> tuple[User, Registration | None]:
    """The account of an address, made where there is none, and its registration. Counts those that belong to another name."""
    missed = f"newcomers missed:{door_pass.pk}"
    is_too_much = is_over(missed, limit=MISSED, seconds=HOUR, now=now)
    user = User.objects.filter(email=email).first() or _account(email, name)
    person = Registration.objects.filter(forum=door_pass.door.forum, user=user).select_related("kind").first()
    is_other = not user.is_active or (person is not None and not _is_called(person, name))
    if is_other or is_too_much:
        words = _("They cannot be registered here. Search by their name, or send them to the organisers")
        raise ValidationError(words, code="other-person")
    give_back(missed, seconds=HOUR, now=now)
    return user, person


def _account(email: str, name: str) -> User:
    """An account without a password: its owner logs in by a mailed code."""
    try:
        with transaction.atomic():
            return User.objects.create_user(email, name=name, language=get_language() or "en")
    except IntegrityError:  # the form was sent twice at once
        return User.objects.get(email=email)


def _is_called(person: Registration, name: str) -> bool:
    """Whether a name is that of a person, whatever the order of its words, and its accents."""
    return sorted(folded(name).split()) == sorted(folded(person.name).split())


def _answers(door_pass: DoorPass, data: Mapping[str, Any], *, former: Registration | None) -> dict[str, Any]:
    """What the registration says: what was asked at the door, and what nobody asks there."""
    forum = door_pass.door.forum
    answers = {name: data[name] for name in ("name", "organisation", "country", "stakeholder_type")}
    answers |= {"kind": data.get("kind") or None}
    if former is None:
        answers |= {"gender": Gender.UNDISCLOSED, "time_zone": forum.time_zone, "language": get_language() or "en"}
    kind = next((one for one in kinds.of(forum.pk) if one.pk == answers["kind"]), None)
    is_on_site = ModeOfAttendance.ON_SITE in kinds.modes(forum, kind)
    return answers | ({"mode": ModeOfAttendance.ON_SITE} if is_on_site else {})
