"""A release of 1,000 sessions with 15,000 attendees to tell, on PostgreSQL.

Three figures: how long the release action takes; how long until every mail is a row, with a worker that is killed in
between and another that goes on; and how long until a web process shows the new version.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests import engine

PEOPLE = 15_000
SESSIONS = 1_000
BOOKED = 3  # sessions that each person has booked
RELEASE_LIMIT = 2.0  # seconds for the action
MAIL_LIMIT = 10.0  # seconds until every mail is a row
PAGE_LIMIT = 1.0  # seconds after which a page shows the new version; + LOOK_EVERY is inside
ROOT = Path(__file__).resolve().parents[2]


def _django():
    import django

    django.setup()


# --- the rows -------------------------------------------------------------------------------------
def fill():
    _django()
    from datetime import timedelta

    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    from events.models import Appearance, Placement, Session, Speaker, User
    from events.schedule import moves
    from registration.models import Booking, Registration
    from tests.factories import CountryFactory, ForumFactory, RoomFactory, SessionTypeFactory

    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    forum = ForumFactory(
        slug="now",
        starts=now.date() - timedelta(days=1),
        ends=now.date() + timedelta(days=80),
        registration_opens=now - timedelta(days=30),
        registration_closes=now + timedelta(days=1),
    )
    rooms = RoomFactory.create_batch(8, forum=forum)
    kind = SessionTypeFactory()
    sessions = []
    for n in range(SESSIONS):
        starts = now + timedelta(days=1 + n // 64, hours=2 * (n // 8 % 8))
        times = {"starts": starts, "ends": starts + timedelta(minutes=90), "room": rooms[n % 8]}
        words = {"title": f"Session {n}", "description": "About bridges. " * 40}
        sessions.append(Session(forum=forum, type=kind, state="scheduled", **times, **words))
    Session.objects.bulk_create(sessions)
    speakers = Speaker.objects.bulk_create([Speaker(forum=forum, name=f"Speaker {n}") for n in range(2 * SESSIONS)])
    Appearance.objects.bulk_create(
        [Appearance(session=sessions[n // 2], speaker=speaker, is_released=True) for n, speaker in enumerate(speakers)]
    )
    moves.place_new(sessions, now=now)
    country = CountryFactory()
    zones = ["Africa/Bamako", "Asia/Tokyo", "America/Lima", "Europe/Zurich", "Asia/Kolkata"]
    users = User.objects.bulk_create(
        [User(email=f"person{n}@example.org", password="!") for n in range(PEOPLE)], batch_size=1000
    )
    people = Registration.objects.bulk_create(
        [
            Registration(
                forum=forum,
                user=user,
                name=f"Person {n}",
                stakeholder_type="academia",
                country=country,
                gender="woman",
                time_zone=zones[n % 5],
                language=["en", "fr", "ar"][n % 3],
                consented=now,
                created=now - timedelta(days=20),
            )
            for n, user in enumerate(users)
        ],
        batch_size=1000,
    )
    Booking.objects.bulk_create(
        [
            Booking(registration=person, session=sessions[(n * 7 + step * 311) % SESSIONS], created=now)
            for n, person in enumerate(people)
            for step in range(BOOKED)
        ],
        batch_size=2000,
    )
    half = timedelta(minutes=30)
    places = list(Placement.objects.all())
    for place in places:
        place.starts, place.ends = place.starts + half, place.ends + half
    Placement.objects.bulk_update(places, ["starts", "ends"], batch_size=500)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


# --- in processes of the site -----------------------------------------------------------------------
def release():
    """Release; then ask the page cache of a web process until its programme says the new version. Print the seconds of both."""
    _django()
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import RequestFactory
    from django.utils import timezone

    from config.front.page_cache import PageCache
    from events.models import Forum
    from events.schedule.releases import releases

    page_cache = PageCache(WSGIHandler())

    def page():
        environ = RequestFactory(headers={"host": "localhost"}).get("/now/releases/").environ
        return b"".join(page_cache(environ, lambda *_args: None))

    assert b"/now/releases/1/" not in page()
    began = time.perf_counter()
    made = releases.release(Forum.objects.get(slug="now"), note="", by=None, now=timezone.now())
    seconds = time.perf_counter() - began
    shown = time.perf_counter()
    while b"/now/releases/1/" not in page():
        time.sleep(0.01)
    print(json.dumps({"release": seconds, "changes": len(made.changes), "page": time.perf_counter() - shown}))  # noqa: T201


def tell():
    _django()
    from django.utils import timezone

    from registration.agenda import change_mails

    change_mails.tell(timezone.now())


def rows():
    """Print how many mails there are, to how many people, and whether the release says that all are told."""
    _django()
    from events.models import Message, Release

    people = Message.objects.values("to").distinct().count()
    print(json.dumps([Message.objects.count(), people, Release.objects.get().told is not None]))  # noqa: T201


# --- the measurement ------------------------------------------------------------------------------
def _command(step):
    return [sys.executable, "-m", "tests.benchmarks.release", step]


def _run(step, environment):
    done = subprocess.run(_command(step), env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout or "null")


def measure(found):
    import psycopg

    data = found.folder / "bench-release"
    data.mkdir()
    address = found.postgres(durable=True)
    host = address.removeprefix("postgresql://forum@/").rpartition("/")[0]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": address,
        "DATA_DIR": str(data),
        "SECRET_KEY": "only-for-benchmarks-" + "x" * 50,
        "BASE_URL": "http://localhost:8000",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }
    _run("fill", environment)
    result = _run("release", environment)
    began = time.monotonic()
    worker = subprocess.Popen(_command("tell"), env=environment, cwd=ROOT, start_new_session=True)
    with psycopg.connect(host=host, user="forum", dbname="postgres", autocommit=True) as database:

        def written():
            return database.execute("SELECT count(*) FROM events_message").fetchone()[0]

        while written() < PEOPLE // 3 and worker.poll() is None:
            time.sleep(0.02)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        result["killed_at"] = written()
        _run("tell", environment)
        result["mails"] = time.monotonic() - began
    result["rows"] = _run("rows", environment)
    return result


def main():
    """Print the figures with their limits; return whether they hold, with nobody lost and nobody told twice."""
    with engine.Services() as found:
        result = measure(found)
    print(  # noqa: T201
        f"release: {result['changes']:,} sessions moved in {result['release']:.2f} s (limit {RELEASE_LIMIT:.0f} s), "
        f"on the page {result['page']:.2f} s later (limit {PAGE_LIMIT:.0f} s); {result['rows'][0]:,} mails are rows after "
        f"{result['mails']:.1f} s (limit {MAIL_LIMIT:.0f} s), a worker was killed at {result['killed_at']:,}"
    )
    return (
        result["release"] < RELEASE_LIMIT
        and result["page"] < PAGE_LIMIT + 0.2  # the page cache looks once a second, and the page has to be made
        and result["mails"] < MAIL_LIMIT
        and 0 < result["killed_at"] < PEOPLE
        and result["rows"] == [PEOPLE, PEOPLE, True]
    )


if __name__ == "__main__":
    steps = {"fill": fill, "release": release, "tell": tell, "rows": rows}
    if len(sys.argv) > 1:
        steps[sys.argv[1]]()
    else:
        sys.exit(0 if main() else 1)
