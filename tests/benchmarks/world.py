"""The worlds in which is measured, each made once in a run, as a database that parts copy.

migrated: the tables only.
sample: `load_sample` with 15,000 attendances and 5,500 full ballots; beside it the forum `thousand` of 1,000 sessions.
year: a forum `now` of 1,000 sessions in eleven weeks, 15,000 people with three bookings each, 60,000 attendances,
50,000 mails sent, and its prize in the vote; what is made by rows goes in by COPY.
"""

import random
import time
import uuid
from datetime import timedelta
from itertools import count

PEOPLE, SESSIONS, ROOMS, BOOKED, ATTENDED, MAILS = 15_000, 1_000, 8, 3, 4, 50_000
ATTENDANCES, BALLOTS = 15_000, 5_500  # of the sample
CATEGORIES, NOMINEES = 18, 19
ZONES = ["Africa/Bamako", "Asia/Tokyo", "America/Lima", "Europe/Zurich", "Asia/Kolkata", "Asia/Dhaka"]
LOAD_LIMIT = 24.0  # seconds: what 110,000 ballots have in five minutes, for these


def make(bench, name):
    """Make a world's database; say how long it took, and judge it where that is a promise."""
    began = time.monotonic()
    if name == "migrated":
        bench.psql("CREATE DATABASE migrated")
        static = bench.start("world.collect_static", database=name)
        bench.run("world.migrate", database=name)
        assert static.wait() == 0, bench.services.log()
    elif name == "sample":
        bench.copy(bench.world("migrated"), name)
        loaded = bench.run("world.load", bench.scaled(ATTENDANCES), bench.scaled(BALLOTS), database=name)
        bench.seconds("the sample is loaded", loaded, LOAD_LIMIT)
        bench.run("world.thousand", database=name)
    else:
        bench.copy(bench.world("migrated"), name)
        bench.run("world.year", bench.scaled(PEOPLE), bench.scaled(MAILS), database=name)
    bench.psql("VACUUM ANALYZE", name)
    bench.tell(f"the world “{name}” was made in {time.monotonic() - began:.0f} s")


# --- in processes of the site ---------------------------------------------------------------------
def migrate():
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def collect_static():
    from django.core.management import call_command

    call_command("collectstatic", verbosity=0, interactive=False)


def load(attendances, ballots):
    """The sample; return its seconds."""
    from django.core.management import call_command

    began = time.perf_counter()
    call_command("load_sample", ballots=max(100, ballots), verbosity=0)
    _crowd(attendances)
    return time.perf_counter() - began


def _crowd(attendances):
    """As many attendances of 2020: the sample's people and where they were, repeated under other accounts."""
    from django.utils import timezone

    from events.models import Country, Forum
    from registration.models import Attendance, Registration, Stay
    from registration.sessions.attendance import tally
    from tests.benchmarks.bulk_rows import accounts

    forum, countries = Forum.objects.get(slug="2020"), list(Country.objects.order_by("pk"))
    models = list(Registration.objects.filter(forum=forum).order_by("pk"))
    seen = {}
    for row in Attendance.objects.filter(session__forum=forum).order_by("pk"):
        seen.setdefault(row.registration_id, []).append(row)
    left = attendances - sum(map(len, seen.values()))
    for number in count(1):
        if left <= 0:
            break
        users = accounts([(f"crowd{number}-{one.pk}@sample.invalid", one.name) for one in models])
        people = [(one.pk, one, user) for one, user in zip(models, users, strict=True)]
        for place, (_key, one, user) in enumerate(people):
            one.pk, one.user, one.link_seed = None, user, f"crowd{number}-{place}"
            one.country = countries[(number * 31 + place) % len(countries)]
        Registration.objects.bulk_create(one for _key, one, _user in people)
        rows = [(one, row) for key, one, _user in people for row in seen.get(key, [])][:left]
        for one, row in rows:
            row.pk, row.registration, row.country, row.region = None, one, one.country, one.country.region
        Attendance.objects.bulk_create(row for _one, row in rows)
        Stay.objects.bulk_create(
            Stay(registration=one, session_id=row.session_id, began=row.first_seen, source=row.source)
            for one, row in rows
        )
        left -= len(rows)
        seen = {one.pk: seen.get(key, []) for key, one, _user in people}
    tally.recount(forum, now=timezone.now())


def thousand():
    """A forum of 1,000 sessions that are copies of those of 2020, with what hangs on them."""
    from django.utils import timezone

    from events.models import Appearance, Forum, Session
    from events.schedule import moves

    forum = Forum.objects.get(slug="2020")
    models = list(Session.objects.filter(forum=forum).order_by("pk"))
    forum.pk, forum.slug = None, "thousand"
    forum.save()
    copies = []
    for number in range(SESSIONS):
        copy = Session.objects.get(pk=models[number % len(models)].pk)
        copy.pk, copy.forum, copy.code, copy.track, copy.room = None, forum, f"Z{number:05}", None, None
        copy.guid, copy.title = uuid.uuid4(), f"{copy.title} {number}"
        copies.append(copy)
    Session.objects.bulk_create(copies)
    for name in ("organisers", "action_lines", "sdgs"):
        through = getattr(Session, name).through
        _hang_on(copies, models, through.objects.exclude(pk=None))
    _hang_on(copies, models, Appearance.objects.all())
    moves.place_new(copies, now=timezone.now())


def _hang_on(copies, models, rows):
    """Copy the rows of a table that belong to the models' sessions to the copies of these."""
    of = {}
    for row in rows.filter(session__in=models).order_by("pk"):
        of.setdefault(row.session_id, []).append(row)
    kept = [field.attname for field in rows.model._meta.concrete_fields if not field.primary_key]
    rows.model._base_manager.bulk_create(
        rows.model(**{name: getattr(row, name) for name in kept} | {"session_id": copy.pk})
        for number, copy in enumerate(copies)
        for row in of.get(models[number % len(models)].pk, [])
    )


def year(people, mails):
    from django.utils import timezone

    from events.models import Message, PublicRevision
    from tests.benchmarks.bulk_rows import insert
    from tests.factories import ForumFactory
    from tests.prizes.factories import make_edition

    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    today = now.date()
    forum = ForumFactory(
        slug="now",
        starts=today - timedelta(days=1),
        ends=today + timedelta(days=80),
        registration_opens=now - timedelta(days=30),
        registration_closes=now + timedelta(days=70),
        turn_round_minutes=10,
        captioners=3,
        interpreters=2,
    )
    sessions = _programme(forum, now=now)
    users = _people(forum, sessions, people=people, now=now)
    rows = ({"kind": "letter", "dedupe_key": f"letter:{n}", "to": users[n % people].email} for n in count())
    common = {"subject": "What is new", "text": "The text. " * 100, "due": now, "state": "sent", "sent": now}
    insert(Message, [next(rows) | common | {"user_id": users[n % people].pk, "attempts": 1} for n in range(mails)])
    edition = make_edition(forum=forum, categories=CATEGORIES, nominees=NOMINEES, now=now)
    from prizes.chain import chain

    chain.open_chain(edition, now=now)
    PublicRevision.objects.get_or_create(pk=1, defaults={"number": 1})


def _programme(forum, *, now):
    """13 sessions a day in eight rooms, two speakers and two Action Lines each, hours when they can, and who is awaited."""
    from events.models import ActionLine, Appearance, Audience, Room, Session, Speaker, Wish
    from events.models.reference import Region
    from events.models.time_zones import zone_names
    from events.schedule import moves
    from tests.factories import SessionTypeFactory

    chance, kind = random.Random(4), SessionTypeFactory()  # noqa: S311  the same rows every time
    rooms = [Room.objects.create(forum=forum, name=f"Room {n}", capacity=60 + n * 10, order=n) for n in range(ROOMS)]
    speakers = Speaker.objects.bulk_create(Speaker(forum=forum, name=f"Speaker {n}") for n in range(SESSIONS))
    morning = now.replace(hour=6) + timedelta(days=2)
    sessions = []
    for number in range(SESSIONS):
        starts = morning + timedelta(days=number // 13, minutes=30 * chance.randrange(20))
        words = {"title": f"Session {number}: partnerships that reach the last mile", "state": "scheduled"}
        words |= {"description": "About bridges. " * 40, "expected": chance.choice([None, 40, 90])}
        times = {"starts": starts, "ends": starts + timedelta(minutes=chance.choice([45, 60, 90]))}
        needs = {"captioning": chance.choice([[], ["en"]]), "interpretation": chance.choice([[], ["fr"]])}
        sessions.append(Session(forum=forum, type=kind, room=rooms[chance.randrange(ROOMS)], **words, **times, **needs))
    Session.objects.bulk_create(sessions)
    Appearance.objects.bulk_create(
        Appearance(session=one, speaker=who, is_released=True) for one in sessions for who in chance.sample(speakers, 2)
    )
    through, lines = Session.action_lines.through, list(ActionLine.objects.all())
    through.objects.bulk_create(
        through(session=one, actionline=line) for one in sessions for line in chance.sample(lines, 2)
    )
    Audience.objects.bulk_create(
        Audience(forum=forum, session=one, time_zone=zone, people=chance.randrange(20))
        for one in sessions
        for zone in ZONES
    )
    names = chance.sample([name for name in zone_names() if "/" in name], 150)
    Audience.objects.bulk_create(
        Audience(forum=forum, region=chance.choice(list(Region)), time_zone=zone, people=100) for zone in names
    )
    two = timedelta(hours=2)
    Wish.objects.bulk_create(Wish(session=one, starts=one.starts - two, ends=one.ends + two) for one in sessions[::4])
    moves.place_new(sessions, now=now)
    return sessions


def _people(forum, sessions, *, people, now):
    """People with a confirmed address, a registration, bookings and attendances; the first is an organiser."""
    from events.shared.secret_links import new_seed
    from registration.models import Attendance, Booking, Registration
    from tests.benchmarks.bulk_rows import accounts, insert
    from tests.factories import CountryFactory, join

    users = accounts([(f"guest{n}@example.org", f"Person {n}") for n in range(people)])
    for role in ("supervisors", "organisers", "prize officers"):
        join(users[0], role)
    facts = {"stakeholder_type": "academia", "country_id": CountryFactory().pk, "gender": "woman"}
    insert(
        Registration,
        [
            {
                "forum_id": forum.pk,
                "user_id": user.pk,
                "name": f"Person {n}",
                "time_zone": ZONES[n % 5],
                "language": ["en", "fr", "ar"][n % 3],
                "link_seed": new_seed(),
                "consented": now,
                "created": now - timedelta(days=20),
                **facts,
            }
            for n, user in enumerate(users)
        ],
    )
    keys = list(Registration.objects.filter(forum=forum).order_by("pk").values_list("pk", flat=True))

    def spread(each):
        return (
            {"registration_id": key, "session_id": sessions[(n * 7 + step * 211) % SESSIONS].pk}
            for n, key in enumerate(keys)
            for step in range(each)
        )

    insert(Booking, [row | {"created": now} for row in spread(BOOKED)])
    seen = facts | {"first_seen": now, "last_seen": now, "source": "join", "region": "africa"}
    insert(Attendance, [row | seen for row in spread(ATTENDED)])
    return users


def sessions_of(count, *, skip=0):
    """Log the accounts guest<skip> … in; return the keys of their sessions."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.utils import timezone

    from events.models import User
    from registration.models import SignIn

    addresses = [f"guest{number}@example.org" for number in range(skip, skip + count)]
    users = User.objects.in_bulk(addresses, field_name="email")
    keys = []
    for user in map(users.get, addresses):
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        SignIn.objects.create(session_id=session.session_key, user=user, began=timezone.now())
        keys.append(session.session_key)
    return keys
