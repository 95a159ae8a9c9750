"""Registering somebody at a door of the building: account, registration, ticket by mail, and in at once.

Whoever holds the pass sees nothing of whom an address belongs to. Where somebody has registered with it, the name has to be
theirs: then they are let in as if they had been found by it. With another name nothing is done.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.models import User
from events.models.reference import Gender
from events.shared.formatting.names import folded
from events.shared.history import made_accounts
from events.shared.pages.rate_limits import HOUR, give_back, is_over
from registration.accreditation.documents import documents
from registration.door import scanning
from registration.door.scanning import Seen
from registration.models import DoorPass, Registration, Scan
from registration.models.kind import ModeOfAttendance
from registration.registering import kinds
from registration.registering.desk import newcomers as desk
from registration.registering.kinds import Offer

REGISTERED = 120  # in an hour, with one pass
MISSED = 10  # in an hour, with one pass: addresses that belong to another name


def offered(door_pass: DoorPass, *, now: datetime) -> list[Offer]:
    """In which kinds a pass registers at a moment: those that anybody may choose now, on site, with places left, and that ask for
    no document: nobody gives one at a door."""
    known = [kind for kind in kinds.of(door_pass.door.forum_id) if not documents.asked(kind)]
    found = kinds.offers(known, now=now)
    return [one for one in found if one.left != 0 and one.kind.mode != ModeOfAttendance.REMOTE]


@transaction.atomic
def register(door_pass: DoorPass, *, data: Mapping[str, Any], key: UUID, now: datetime) -> Scan:
    """Register a person who stands at the door and has agreed aloud, and let them in; the same key again is the same scan.

    `data`: email, name, organisation, country, stakeholder_type, kind, consent. Refuses `may-not-register`, `too-many`,
    `other-person` where the address belongs to somebody of another name, and as the desk does. Without a
    place, or where somebody decides on the kind, they are registered, and the scan says that they are not in.
    """
    if not door_pass.registers_people:
        raise ValidationError(_("Nobody is registered with this pass"), code="may-not-register")
    if is_over(f"newcomers:{door_pass.pk}", limit=REGISTERED, seconds=HOUR, now=now):
        raise ValidationError(_("Many people were registered with this pass. Wait an hour"), code="too-many")
    person = _known(door_pass, email=data["email"], name=data["name"], now=now)
    if person is None or person.withdrawn:
        person = _registered(door_pass, data, former=person, now=now)
    seen = Seen(key, person.pk, Scan.Direction.IN, now)
    return scanning.scan(seen, door_pass=door_pass, now=now)


def _known(door_pass: DoorPass, *, email: str, name: str, now: datetime) -> Registration | None:
    """The registration of an address, whose account is made where there is none, and locked: the form may be sent twice at once.
    Counts those that belong to another name."""
    missed, forum = f"newcomers missed:{door_pass.pk}", door_pass.door.forum
    is_too_much = is_over(missed, limit=MISSED, seconds=HOUR, now=now)
    made = made_accounts.find_or_make(email, by=door_pass.made_by, now=now, name=name)
    user = User.objects.select_for_update().get(pk=made.pk)
    person = Registration.objects.filter(forum=forum, user=user).select_related("kind").first()
    if not user.is_active or is_too_much or (person is not None and not _is_called(person, name)):
        words = _("They cannot be registered here. Search by their name, or send them to the organisers")
        raise ValidationError(words, code="other-person")
    give_back(missed, seconds=HOUR, now=now)
    return person


def _registered(
    door_pass: DoorPass, data: Mapping[str, Any], *, former: Registration | None, now: datetime
) -> Registration:
    """As the desk registers people, by whoever made the pass."""
    forum, consent = door_pass.door.forum, ""
    if data["consent"]:
        consent = _("Said so at the door “%(door)s”") % {"door": door_pass.door.name}
    given = {"forum": forum, "email": data["email"], "consent": consent, "by": door_pass.made_by, "now": now}
    return desk.register(**given, **_answers(door_pass, data, former=former))


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
