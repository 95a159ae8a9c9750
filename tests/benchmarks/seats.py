"""A rush for the places of one session: 2,000 people for 100 places, each asking twice, with withdrawals and places given up.

The verbs behind the buttons, each in a transaction on a connection of its own, sixteen at a time. Afterwards: never one too many, no
place empty while somebody waits, and nobody has a place who asked later than somebody who still waits. The same without locks
sells places that there are not: else it would prove nothing. And fifty approvals at once of people of one organisation.
"""

import random
import time
from collections import Counter
from datetime import timedelta
from functools import partial
from queue import Empty, SimpleQueue

from tests.benchmarks import load

PEOPLE, PLACES, CLIENTS = 2_000, 100, 16
LIMIT = 67.0  # seconds for all of it, on a machine at rest
APPROVALS, QUOTA = 50, 4
UNLOCKED = 200  # people in the control, which needs no more to go wrong


def measure(bench):
    people = bench.scaled(PEOPLE)
    found = bench.run("seats.rush", people, True, database=bench.copy(bench.world("migrated"), "seats"))
    note = f"{found['asked']:,} times asked, {found['left']} left, {found['withdrew']} withdrew: {found['answers']}"
    bench.seconds("a rush for 100 places", found["seconds"], LIMIT * people / PEOPLE, note=note)
    bench.holds("never one too many, and none empty", found["booked"] == PLACES, note=f"{found['waiting']:,} wait")
    bench.holds("the order is kept", found["is_in_order"])
    bench.holds("nobody twice, nobody who is gone", found["is_once"])
    bench.holds("each place is told once", found["is_told_once"])
    control = bench.run("seats.rush", UNLOCKED, False, database=bench.copy(bench.world("migrated"), "seats_unlocked"))
    bench.holds(
        "without locks it oversells", control["booked"] > PLACES, note=f"{control['booked']} of {PLACES} places"
    )
    approved, waiting = bench.run("seats.approve_at_once", database=bench.copy(bench.world("migrated"), "quota"))
    bench.holds(
        f"{APPROVALS} approvals at once keep to the quota of an organisation",
        (approved, waiting) == (QUOTA, APPROVALS - QUOTA),
        note=f"{approved} approved, {waiting} wait",
    )


# --- in a process of the site ---------------------------------------------------------------------
def rush(people, is_locked):
    """Let everybody ask; return what became of it."""
    from django.db import connections
    from django.db.models import QuerySet
    from django.utils import timezone

    from registration.registering import registrations
    from registration.sessions.seats import booking, promotion, waiting_list

    session, rows = _world(people)
    if not is_locked:
        QuerySet.select_for_update = lambda self, **options: self.all()
        give = promotion.give_seat
        promotion.give_seat = lambda *args, **more: (time.sleep(0.002), give(*args, **more))[1]
    calls, draw = [], random.Random(7)  # noqa: S311
    for row in rows:
        calls += [("asked", partial(waiting_list.join, registration=row, session=session))] * 2
    draw.shuffle(calls)
    some = draw.sample(rows, people // 5)
    gone = [("left", partial(booking.leave, registration=row, session=session)) for row in some[: people // 10]]
    gone += [("withdrew", partial(registrations.withdraw, row)) for row in some[people // 10 :]]
    for call in gone if is_locked else ():
        calls.insert(draw.randrange(len(calls)), call)
    todo, answers, numbers = SimpleQueue(), Counter(), Counter()
    for call in calls:
        todo.put(call)

    def client():
        while True:
            try:
                what, call = todo.get_nowait()
            except Empty:
                break
            try:
                answer = call(now=timezone.now())
                answers[type(answer).__name__] += 1
                numbers[what] += 1
            except Exception as error:
                answers[getattr(error, "code", None) or type(error).__name__] += 1
        connections.close_all()

    seconds = load.at_once(*[client] * CLIENTS)
    found = {"asked": 0, "left": 0, "withdrew": 0} | numbers
    return found | {
        "seconds": seconds,
        "answers": ", ".join(f"{n} {name}" for name, n in answers.items()),
        **_after(session),
    }


def approve_at_once():
    """Approve all people of an organisation, each on a connection of its own; return how many are approved, and how many wait."""
    from django.db import connections
    from django.utils import timezone

    from registration.accreditation import decisions
    from registration.models import Registration
    from tests.factories import KindFactory, OrganisationFactory, QuotaFactory, RegistrationFactory, UserFactory

    now, home, officer = timezone.now(), OrganisationFactory(), UserFactory()
    day = timedelta(days=1)
    window = {"forum__registration_opens": now - day, "forum__registration_closes": now + day}
    kind = KindFactory(approval="secretariat", **window)
    QuotaFactory(kind=kind, organisation=home, places=QUOTA)
    asked = {"forum": kind.forum, "kind": kind, "affiliation": home, "state": "secretariat"}
    rows = RegistrationFactory.create_batch(APPROVALS, **asked)

    def approve(row):
        decisions.approve(row, by=officer, now=now)
        connections.close_all()

    load.at_once(*[partial(approve, row) for row in rows])
    return [Registration.objects.filter(state=state).count() for state in ("approved", "waiting")]


def _world(people):
    from django.utils import timezone

    from events.models import Country
    from registration.models import Registration
    from tests.factories import CountryFactory, ForumFactory, SessionFactory, UserFactory

    now = timezone.now()
    forum = ForumFactory(slug="rush", starts=now.date(), ends=now.date() + timedelta(days=20))
    session = SessionFactory(forum=forum, capacity=PLACES, starts=now + timedelta(days=10))
    country = Country.objects.first() or CountryFactory()
    users = UserFactory._meta.model.objects.bulk_create(
        UserFactory.build(email=f"rush{n}@example.org") for n in range(people)
    )
    given = {"forum": forum, "country": country, "stakeholder_type": "academia", "gender": "woman", "time_zone": "UTC"}
    rows = [Registration(user=user, name=user.name, consented=now, created=now, **given) for user in users]
    return session, Registration.objects.bulk_create(rows)


def _after(session):
    """What the rows say: the history was written under the lock, so that its order is that in which people came."""
    from events.models import HistoryEntry, Message
    from registration.models import Booking, Waiting

    booked = list(Booking.objects.filter(session=session).select_related("registration__user"))
    waiting = list(Waiting.objects.filter(session=session).values_list("registration__user", flat=True))
    came = {}  # the last time somebody asked anew: who left and asks again stands at the end
    for actor, verb in HistoryEntry.objects.order_by("pk").values_list("actor", "verb"):
        if verb in {"book", "wait"}:
            came[actor] = len(came) if actor not in came else came[actor]
        elif verb in {"leave", "withdraw-registration"}:
            came.pop(actor, None)
    order = {actor: place for place, actor in enumerate(came)}  # a dict keeps the order in which they came in
    last = max((order[row.registration.user_id] for row in booked if row.registration.user_id in order), default=0)
    promoted = HistoryEntry.objects.filter(verb="promote").count()
    return {
        "booked": len(booked),
        "waiting": len(waiting),
        "is_in_order": all(order[user] > last for user in waiting),
        "is_once": len({row.registration_id for row in booked}) == len(booked)
        and all(row.registration.withdrawn is None for row in booked),
        "is_told_once": Message.objects.filter(kind="seat-given").count() == promoted,
    }
