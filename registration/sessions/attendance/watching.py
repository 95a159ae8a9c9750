"""Time on the page of a session that is on, as a stay: the page sends a beat each minute while it is seen (watching.js)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import OuterRef, Subquery

from events.models import Session, User
from registration.models import Registration, Source, Stay
from registration.sessions.attendance import joining, stays

SOONEST = timedelta(seconds=30)  # after a beat, until the next one changes anything
LONGEST_GAP = timedelta(minutes=3)  # between two beats of one stay: whoever comes back later begins another one


def has_something_on(session: Session, *, now: datetime) -> bool:
    """Whether time on the page of a session counts, now or before its end: it takes place, and there is a broadcast to watch."""
    return bool(session.broadcast_url) and session.state == Session.State.SCHEDULED and not session.is_over(now)


@transaction.atomic
def beat(*, user: User, forum: str, code: str, now: datetime) -> bool:
    """Write down that somebody sees the page of a session (`code`) of a forum (its slug) at this moment; whether that can count.

    It does not for people who do not take part in the forum, before and after the session, where there is no broadcast to
    watch. Within half a minute of the last beat, from whatever tab, nothing changes. A beat that makes a stay longer takes three queries.
    """
    live = Session.objects.public(now).live(now).exclude(broadcast_url="").filter(forum=OuterRef("forum"), code=code)
    people = Registration.objects.active().filter(user=user, forum__slug=forum)
    found = people.annotate(live=Subquery(live.order_by().values("pk")[:1])).filter(live__isnull=False).order_by()
    person = found.select_for_update(of=("self",), no_key=True).first()
    if person is None:
        return False
    session: int = person.live
    own = Stay.objects.filter(registration=person, session=session, source=Source.PAGE, ended__gte=now - LONGEST_GAP)
    if own.filter(ended__lte=now - SOONEST).update(ended=now):
        stays.seen(person, session=session, at=now)
    elif not own.exists():
        on = Session.objects.get(pk=session)
        joining.record(Stay(registration=person, session=on, began=now, ended=now, source=Source.PAGE))
    return True
