"""The rows of a site in its busiest hour: a vote that runs, sessions to join and to book, reminders that fall due, people signed in."""

import itertools
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connections
from django.utils import timezone

from events.models import User
from prizes.chain import chain
from registration.models import Booking, Registration
from tests.factories import CountryFactory, ForumFactory, SessionFactory
from tests.prizes.factories import make_edition, nominees_of

FORUM = "now"
CATEGORIES = 6
MEETING = "https://meet.example.org/room"


@contextmanager
def database_of_the_site(url, blocker):
    """Let this process's models speak to a site's database, and afterwards to the test's again."""
    from environ import Env

    one = connections["default"]
    one.close()
    kept = dict(one.settings_dict)
    given = Env.db_url_config(url)
    options = {"options": "-c statement_timeout=20000", "connect_timeout": 5}
    with blocker.unblock():
        one.settings_dict.update({name: given[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})
        one.settings_dict["OPTIONS"] = options
        try:
            yield
        finally:
            one.close()
            one.settings_dict.clear()
            one.settings_dict.update(kept)


@dataclass
class World:
    """What the load may ask for. Each pair is asked for once: what came of it can be told exactly.

    `votes`: (session key, user's pk, category's number, nominee's code); `joins` and `bookings`: (session key,
    registration's pk, session's pk, code); `codes`: addresses; `reminders`: bookings with the moment their reminder is due.
    """

    sessions: list = field(default_factory=list)
    votes: list = field(default_factory=list)
    joins: list = field(default_factory=list)
    bookings: list = field(default_factory=list)
    codes: list = field(default_factory=list)
    reminders: list = field(default_factory=list)
    pages: list = field(default_factory=list)


def fill(*, people=320, waves=60, wave=6, every=4, codes=500):
    """Make the rows; `waves` of `wave` reminders fall due `every` so many seconds from now on."""
    now = timezone.now()
    forum = ForumFactory(
        slug=FORUM,
        starts=now.date() - timedelta(days=1),
        ends=now.date() + timedelta(days=6),
        registration_opens=now - timedelta(days=30),
        registration_closes=now + timedelta(days=5),
        reminder_minutes=[60],
    )
    edition = make_edition(forum=forum, categories=CATEGORIES, nominees=4, votes_final=False, now=now)
    chain.open_chain(edition, now=now)
    world, country = World(), CountryFactory()
    users = _users(people, name="voter")
    registrations = _registrations(users, forum=forum, country=country, now=now)
    world.sessions = [_session_of(user) for user in users]
    codes_of = {number: [one.code for one in nominees_of(edition, number)] for number in range(1, CATEGORIES + 1)}
    for place, (key, user) in enumerate(zip(world.sessions, users, strict=True)):
        world.votes += [(key, user.pk, number, codes[(place + number) % 4]) for number, codes in codes_of.items()]
    live = [SessionFactory(forum=forum, starts=now - timedelta(minutes=5), meeting_url=MEETING) for _n in range(6)]
    later = [
        SessionFactory(forum=forum, starts=now + timedelta(days=3, hours=n), meeting_url=MEETING) for n in range(6)
    ]
    for rows, places in ((world.joins, live), (world.bookings, later)):
        for place, who in itertools.product(places, zip(world.sessions, registrations, strict=True)):
            rows.append((who[0], who[1].pk, place.pk, place.code))
    world.codes = [user.email for user in _users(codes, name="coder")]
    _reminders(world, forum=forum, country=country, now=now, waves=waves, wave=wave, every=every)
    world.pages = [
        f"/{FORUM}/programme/",
        f"/{FORUM}/",
        f"/{FORUM}/prizes/",
        *(f"/{FORUM}/programme/{s.code}/" for s in later),
    ]
    return world


def _users(count, *, name):
    users = User.objects.bulk_create([User(email=f"{name}{n}@example.org", password="!") for n in range(count)])
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users]
    )
    return users


def _registrations(users, *, forum, country, now):
    common = {"forum": forum, "country": country, "stakeholder_type": "academia", "gender": "woman"}
    zones = ["Africa/Bamako", "Asia/Tokyo", "America/Lima", "Europe/Zurich"]
    return Registration.objects.bulk_create(
        [
            Registration(
                user=user, name=f"Person {user.pk}", time_zone=zones[n % 4], consented=now, created=now, **common
            )
            for n, user in enumerate(users)
        ]
    )


def _session_of(user):
    """Sign a person in; the key of the session."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key


def _reminders(world, *, forum, country, now, waves, wave, every):
    people = _registrations(_users(waves * wave, name="booker"), forum=forum, country=country, now=now)
    for number in range(waves):
        due = now + timedelta(seconds=every * (number + 1))
        session = SessionFactory(forum=forum, starts=due + timedelta(minutes=60))
        made = Booking.objects.bulk_create(
            [
                Booking(registration=person, session=session, created=now - timedelta(days=9))
                for person in people[number * wave : (number + 1) * wave]
            ]
        )
        world.reminders += [(booking.pk, due) for booking in made]


def drop_constraints(model, cursor):
    """Take a table's unique constraints away: only then does it take what a lock would have kept out."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    sql = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'u'"
    cursor.execute(sql, [model._meta.db_table])
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE {model._meta.db_table} DROP CONSTRAINT "{name}"')
