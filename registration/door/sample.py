"""Sample doors: of the building, of a room and of a session; some people came in today, and some have left."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from events.models import Forum, Session
from events.sample import draw
from registration.models import Door, Outcome, Registration, Scan

ENTRANCE = "Main entrance"
INSIDE, LEFT = 14, 3


def make(forum: Forum, registrations: Sequence[Registration], *, now: datetime) -> None:
    """Give a forum a door of each scope, and let people in by that of the building. Atomicity is the caller's."""
    entrance = Door.objects.create(forum=forum, name=ENTRANCE)
    if room := forum.rooms.first():
        Door.objects.create(forum=forum, name=f"Door of {room.name}", room=room)
    coming = forum.sessions.filter(state=Session.State.SCHEDULED, starts__gt=now, capacity__isnull=False)
    if session := coming.order_by("starts", "number").first():
        Door.objects.create(forum=forum, name=f"Door of {session.title}"[:80], session=session)
    if not forum.starts <= forum.today(now) <= forum.ends:
        return
    rng, scans = draw(f"doors {forum.slug}"), []
    here = [one for one in registrations if one.mode == Registration.Mode.ON_SITE][:INSIDE]
    for number, person in enumerate(here):
        passages = [(Scan.Direction.IN, Outcome.IN), (Scan.Direction.OUT, Outcome.OUT)]
        for place, (direction, outcome) in enumerate(passages[: 2 if number < LEFT else 1]):
            at = now - timedelta(minutes=60 - 2 * number - 20 * place)
            key = UUID(int=rng.getrandbits(128), version=4)
            said = {"direction": direction, "outcome": outcome, "at": at, "received": at}
            scans.append(Scan(key=key, door=entrance, registration=person, **said))
    Scan.objects.bulk_create(scans)
